package peoplesoft

import (
	"context"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"strings"

	connector "ml-connector"
)

// door is where a request goes in, which decides how it signs on (PEOPLESOFT.md §2, SURFACE.md).
type door int

const (
	doorOpen    door = iota // the gateway's status page: no credentials
	doorREST                // queries and REST Component Interfaces
	doorSOAP                // the service connector
	doorMessage             // HttpListeningConnector: signs on by node, and by Basic under auth: basic
)

// request is one call to the gateway.
type request struct {
	op     string
	method string
	path   string // from the base address on, with its query
	header map[string]string
	body   []byte
	write  bool
	door   door
	hide   bool     // the answer is kept nowhere
	secret []string // values to mask besides those of the sign-on
}

// maxRenewals bounds the tokens that one call tries.
const maxRenewals = 3

// call makes one request, signed on pre-emptively: without credentials PeopleSoft may run it as the default user of the
// node ANONYMOUS (PEOPLESOFT.md §2.1). With a token it is made a second time after a 401, which says that nothing was
// done, and a third time where the second token was another process's; anything else is made once.
func (i *Instance) call(ctx context.Context, r request) (*connector.Response, error) {
	for again := 0; ; again++ {
		header := map[string]string{}
		maps.Copy(header, r.header)
		token, secrets, err := i.signOn(ctx, r.door, header)
		if err != nil {
			return nil, withOp(err, r.op)
		}
		resp, err := i.send(ctx, r, header, secrets)
		if err != nil || token == "" || resp.Status != http.StatusUnauthorized {
			return resp, err
		}
		if stale := i.tokens.Drop(token); again > 0 && !stale || again >= maxRenewals {
			return resp, nil
		}
	}
}

func (i *Instance) send(ctx context.Context, r request, header map[string]string, secrets []string) (*connector.Response, error) {
	resp, err := i.caller.Call(ctx, connector.Request{Op: r.op, Method: r.method, URL: i.config.base + r.path, Header: header, Body: r.body, Write: r.write, Hide: r.hide,
		Secrets: append(secrets, r.secret...)})
	if err != nil {
		return nil, withOp(err, r.op)
	}
	return resp, nil
}

// signOn adds what the door asks for, and gives the OAuth token that it used.
func (i *Instance) signOn(ctx context.Context, d door, header map[string]string) (token string, secrets []string, err error) {
	switch {
	case d == doorOpen:
	case i.config.auth == authOAuth2 && d == doorREST:
		token, fault := i.tokens.Token(ctx)
		if fault != nil {
			return "", nil, fault
		}
		header["Authorization"] = "Bearer " + token
		return token, []string{token}, nil
	case i.config.auth == authToken && d != doorMessage:
		header["PS_TOKEN"] = i.secrets["ps_token"]
	case i.config.auth == authBasic, d == doorSOAP && i.config.username != "":
		basic := base64.StdEncoding.EncodeToString([]byte(i.config.username + ":" + i.secrets["password"]))
		header["Authorization"] = "Basic " + basic
		secrets = []string{basic}
	}
	return "", secrets, nil
}

// path fills {node}, {ci} and {message} into an address or a name of the profile. Without a node in the path
// (`rest.path_with_node: false`) its place goes too.
func (i *Instance) path(template, ci, message string) string {
	if !i.profile.pathWithNode {
		template = strings.ReplaceAll(template, "/{node}", "")
	}
	if !strings.Contains(template, "{") {
		return template
	}
	return strings.NewReplacer("{node}", url.PathEscape(i.config.node), "{ci}", ci, "{message}", message).Replace(template)
}

// withOp says what was being done, where the Caller could not.
func withOp(err error, op string) error {
	e := *connector.AsError(err)
	if e.Op == "" {
		e.Op = op
	}
	return &e
}
