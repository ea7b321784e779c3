package wire

import (
	"crypto/tls"
	"crypto/x509"

	connector "ml-connector"
)

// TLS holds the content of a Connection's certificate files. Certificates are always verified; there is no switch.
type TLS struct {
	CA   []byte // PEM bundle that replaces the machine's, nil = the machine's
	Cert []byte // PEM of the client certificate and its chain, nil = none
	Key  []byte // PEM of its key
	Max  string // "1.2" leaves out newer versions, for old hosts; "" = the newest
}

func (t TLS) config() (*tls.Config, error) {
	const op = "read the Connection's certificates"
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	switch t.Max {
	case "", "1.3":
	case "1.2":
		config.MaxVersion = tls.VersionTLS12
	default:
		return nil, connector.Errorf(connector.Invalid, op, "TLS %q is unknown: 1.2 or 1.3", t.Max)
	}
	if t.CA != nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(t.CA) {
			return nil, connector.Errorf(connector.Misconfigured, op, "the file of tls_ca holds no certificate in PEM form").
				Advise("Give a file with one or more BEGIN CERTIFICATE blocks.")
		}
	}
	if t.Cert != nil {
		pair, err := tls.X509KeyPair(t.Cert, t.Key)
		if err != nil {
			// The cause may quote the key's text, so it is left out.
			return nil, connector.Errorf(connector.Misconfigured, op, "tls_cert and the secret tls_key don't belong together or can't be read").
				Advise("Give the certificate and its key in PEM form; the key without a passphrase.")
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
