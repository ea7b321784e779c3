package jaggaer

import (
	connector "ml-connector"
)

// New is the System `jaggaer`. It holds no state.
func New() connector.System { return system{} }

type system struct{}

var (
	_ connector.System   = system{}
	_ connector.Requirer = system{}
)

// Name is the word in `system:` of a Connection.
func (system) Name() string { return "jaggaer" }

// Describe lists the settings and secrets of SURFACE.md; the tree under `profile` is checked by Validate.
func (system) Describe() connector.Description {
	return connector.Description{Title: "JAGGAER", Settings: settings(), Secrets: secrets()}
}

func settings() []connector.Setting {
	return []connector.Setting{
		{Name: "url", Type: connector.SettingURL, Required: true, Help: "scheme and host of the REST API", Example: "https://acme.example.com"},
		{Name: "token_url", Type: connector.SettingText, Help: "address that gives access tokens; without it the usual path on url", Example: "https://acme.example.com" + keycloakPath},
		{Name: "client_id", Type: connector.SettingText, Required: true, Help: "id of the API client that JAGGAER set up for you", Example: "acme-peoplesoft"},
		{Name: "scope", Type: connector.SettingText, Help: "scope to ask for; JAGGAER needs none"},
		{Name: "xml_url", Type: connector.SettingURL, Help: "scheme and host of the XML router, for suppliers and requisitions", Example: "https://router.example.com"},
		{Name: "identity", Type: connector.SettingText, Help: "Identity in the header of XML documents", Example: "ACME30000999"},
		{Name: "tls_ca", Type: connector.SettingText, Help: "file with the certificates of authorities to trust, PEM"},
		{Name: "tls_cert", Type: connector.SettingText, Help: "file with a client certificate, PEM; its key is the secret tls_key"},
		{Name: "receive", Type: connector.SettingBool, Default: "false", Help: "take what JAGGAER pushes, at POST /receive/NAME; needs identity and the secret shared_secret"},
		{Name: "profile", Type: connector.SettingTree, Help: "how this customer's JAGGAER differs: rest, entities, operations, xml and more"},
	}
}

func secrets() []connector.Setting {
	// The access token that the client secret gives goes to url, so url is part of the address that the secret is for.
	rest, xml := []string{"token_url", "url"}, []string{"xml_url"}
	return []connector.Setting{
		{Name: "client_secret", Type: connector.SettingText, Required: true, Help: "secret of the API client", BoundTo: rest},
		{Name: "shared_secret", Type: connector.SettingText, Help: "SharedSecret in the header of XML documents", BoundTo: xml},
		{Name: "shared_secret_requisition", Type: connector.SettingText, Help: "SharedSecret of requisition imports, where it has its own", BoundTo: xml},
		{Name: "shared_secret_supplier", Type: connector.SettingText, Help: "SharedSecret of supplier imports, where it has its own", BoundTo: xml},
		{Name: "tls_key", Type: connector.SettingText, Help: "private key of tls_cert, PEM"},
	}
}

// Open makes an Instance; the first call of it logs in.
func (system) Open(o connector.Opening) (connector.Instance, error) {
	opts, err := readOptions(o)
	if err != nil {
		return nil, err
	}
	return newInstance(o, opts), nil
}
