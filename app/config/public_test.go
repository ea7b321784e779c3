package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHowTheServerIsReached(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		text, says string // the beginning of links, host and proxies, or a part of what is wrong
	}{
		"this machine alone":                 {"listen: 127.0.0.1:9000", "http://127.0.0.1:9000  []"},
		"a name behind a proxy":              {"url: https://Connector.example.com/\nproxies: [10.0.0.5, 10.1.2.3/16]", "https://connector.example.com connector.example.com [10.0.0.5/32 10.1.0.0/16]"},
		"a name with a port":                 {"url: https://connector.example.com:8443", "https://connector.example.com:8443 connector.example.com:8443 []"},
		"a name without encryption":          {"url: http://connector.example.com", ":1: url must be https://HOST"},
		"a name with a path":                 {"url: https://connector.example.com/mlc", ":1: url must be https://HOST"},
		"a name with a password":             {"url: https://a:b@connector.example.com", ":1: url must be https://HOST"},
		"no name":                            {"url: https://", ":1: url must be https://HOST"},
		"everybody as a proxy":               {"proxies: [0.0.0.0/0]", "proxies[1] must be an address"},
		"a proxy by its name":                {"proxies: [proxy.example.com]", "proxies[1] must be an address"},
		"a certificate beside the file":      {"tls_cert: cert.pem\ntls_key: /etc/key.pem", "http://127.0.0.1:8080  [] cert.pem /etc/key.pem"},
		"a key that looks like one of these": {"tls_cart: x", "did you mean tls_cert?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "c.yaml")
			if err := os.WriteFile(path, []byte(row.text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			p, err := ReadProcess(path, Known{})
			got := fmt.Sprint(p.PublicURL(), " ", p.Public.Host(), " ", p.Public.Proxies)
			if p.Public.TLSCert != "" {
				got += " " + strings.TrimPrefix(p.Public.TLSCert, p.Dir+"/") + " " + p.Public.TLSKey
			}
			if err != nil {
				got = err.Error()
			}
			if got != row.says && (err == nil || !strings.Contains(got, row.says)) {
				t.Errorf("%s", got)
			}
		})
	}
	for address, local := range map[string]bool{"127.0.0.1:1": true, "[::1]:1": true, "localhost:1": true, "0.0.0.0:1": false, ":1": false, "192.0.2.1:1": false, "example.com:1": false, "127.0.0.1.example.com:1": false} {
		if LocalListen(address) != local {
			t.Errorf("%s: %v", address, !local)
		}
	}
}
