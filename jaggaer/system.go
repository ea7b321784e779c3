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
		{Name: "url", Type: connector.SettingURL, Required: true, Label: "Address of the REST API", Help: "scheme and host of the REST API", Example: "https://acme.example.com", Where: "the letter with which JAGGAER sent the API credentials"},
		{Name: "token_url", Type: connector.SettingText, Label: "Token address", Help: "address that gives access tokens; without it the usual path on url", Example: "https://acme.example.com" + keycloakPath, Where: "the same letter, where it differs from the usual one"},
		{Name: "client_id", Type: connector.SettingText, Required: true, Label: "Client ID", Help: "id of the API client that JAGGAER set up for you", Example: "acme-peoplesoft", Where: "the same letter"},
		{Name: "scope", Type: connector.SettingText, Label: "Scope", Help: "scope to ask for; JAGGAER needs none"},
		{Name: "xml_url", Type: connector.SettingURL, Label: "Address of the XML router", Help: "scheme and host of the XML router, for suppliers and requisitions", Example: "https://router.example.com", Where: "JAGGAER's integration team tells it"},
		{Name: "identity", Type: connector.SettingText, Label: "Identity in XML", Help: "Identity in the header of XML documents", Example: "ACME30000999", Where: "JAGGAER's integration team tells it, with the shared secret"},
		{Name: "tls_ca", Type: connector.SettingText, Label: "Own certificate authority", Help: "file with the certificates of authorities to trust, PEM"},
		{Name: "tls_cert", Type: connector.SettingText, Label: "Client certificate", Help: "file with a client certificate, PEM; its key is the secret tls_key"},
		{Name: "receive", Type: connector.SettingBool, Default: "false", Label: "Take what JAGGAER pushes", Help: "take what JAGGAER pushes, at POST /receive/NAME; needs identity and the secret shared_secret"},
		{Name: "profile", Type: connector.SettingTree, Label: "What this customer's JAGGAER does differently", Help: "how this customer's JAGGAER differs: rest, entities, operations, xml and more"},
	}
}

func secrets() []connector.Setting {
	// The access token that the client secret gives goes to url, so url is part of the address that the secret is for.
	rest, xml := []string{"token_url", "url"}, []string{"xml_url"}
	return []connector.Setting{
		{Name: "client_secret", Type: connector.SettingText, Required: true, Label: "Client secret", Help: "secret of the API client", Where: "the letter with the API credentials; JAGGAER can make a new one", BoundTo: rest},
		{Name: "shared_secret", Type: connector.SettingText, Label: "Shared secret in XML", Help: "SharedSecret in the header of XML documents", Where: "JAGGAER's integration team tells it, with the identity", BoundTo: xml},
		{Name: "shared_secret_requisition", Type: connector.SettingText, Label: "Shared secret of requisitions", Help: "SharedSecret of requisition imports, where it has its own", Where: "JAGGAER's integration team tells it", BoundTo: xml},
		{Name: "shared_secret_supplier", Type: connector.SettingText, Label: "Shared secret of suppliers", Help: "SharedSecret of supplier imports, where it has its own", Where: "JAGGAER's integration team tells it", BoundTo: xml},
		{Name: "tls_key", Type: connector.SettingText, Label: "Private key of the client certificate", Help: "private key of tls_cert, PEM"},
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
