// Package api is a client of ml-connector's HTTP API, for programs and for the commands with --server. It needs the standard library
// only. What operations there are, what they take and give, says the server itself at /openapi.json and /docs.
//
// It must never send its token anywhere but to the server that it was made for, ask again what may have been done, or hold a whole list.
//
// It is proved between a server of its own in every way in which one can answer, and by the whole program.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	connector "ml-connector"
)

const prefix = "/api/v1"

// mostAnswer is how many bytes of an answer are read that is not a list.
const mostAnswer = 256 << 20

// mostProblem is how many bytes of an answer are read that says no.
const mostProblem = 1 << 20

// Client asks one server. It is safe for several goroutines.
type Client struct {
	base  *url.URL
	token string
	http  *http.Client
}

// New makes a Client of the server at an address such as https://connector.example.com, with a token of `ml-connector token add`. Without
// TLS only a server on this machine is asked: a token must not cross a network in the open.
func New(address, token string) (*Client, error) {
	const op = "read the address of the server"
	u, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, connector.Errorf(connector.Invalid, op, "%q is no address of a server", address).Advise("For example https://connector.example.com.")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, connector.Errorf(connector.Invalid, op, "%s has no TLS, and the token would cross the network in the open", address).Advise("Give its https address.")
	}
	if token == "" {
		return nil, connector.Errorf(connector.Credentials, op, "there is no token for %s", u.Host).Advise("Put one into ML_CONNECTOR_TOKEN; `ml-connector token add NAME` on the server makes it.")
	}
	return &Client{base: u, token: token, http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Get asks for one thing below /api/v1, such as "/flows/invoices".
func (c *Client) Get(ctx context.Context, path string, query url.Values, out any) error {
	return c.call(ctx, http.MethodGet, path, query, nil, out)
}

// Post sets something going, and gives what came of it. What may have been done is never asked again.
func (c *Client) Post(ctx context.Context, path string, query url.Values, in, out any) error {
	return c.call(ctx, http.MethodPost, path, query, in, out)
}

// Each calls fn with each row of a list, to its end, part by part.
func Each[T any](ctx context.Context, c *Client, path string, query url.Values, fn func(T) error) error {
	for {
		var rows []T
		header, err := c.do(ctx, http.MethodGet, path, query, nil, &rows)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := fn(r); err != nil {
				return err
			}
		}
		if query = following(header.Get("Link")); query == nil {
			return nil
		}
	}
}

// following are the parameters of what comes next; nil at the end.
func following(link string) url.Values {
	address, rest, ok := strings.Cut(strings.TrimPrefix(link, "<"), ">")
	if !ok || !strings.Contains(rest, `rel="next"`) {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	return u.Query()
}

func (c *Client) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	_, err := c.do(ctx, method, path, query, in, out)
	return err
}

// do asks for JSON.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, in, out any) (http.Header, error) {
	op, kind := opOf(method, path), ""
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, connector.Errorf(connector.Internal, op, "what is sent is no JSON").Because(err)
		}
		body, kind = bytes.NewReader(text), "application/json"
	}
	resp, err := c.send(ctx, method, path, query, kind, body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return resp.Header, c.read(method, op, resp, out)
}

// read reads JSON that was asked for.
func (c *Client) read(method, op string, resp *http.Response, out any) error {
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return c.unanswered(method, op, err)
	}
	if out == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // what has no type of ours stays as it was written
	if err := d.Decode(out); err != nil {
		return connector.Errorf(connector.Misconfigured, op, "%s gave no answer of ml-connector", c.base.Host).Because(err).Advise("Check the address of --server.")
	}
	return nil
}

// Copy writes what is no JSON, such as an export, as it comes.
func (c *Client) Copy(ctx context.Context, path string, w io.Writer) error {
	resp, err := c.send(ctx, http.MethodGet, path, nil, "", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return c.unanswered(http.MethodGet, opOf(http.MethodGet, path), err)
	}
	return nil
}

// Send sets something going with what is no JSON, such as a CSV.
func (c *Client) Send(ctx context.Context, path string, query url.Values, kind string, body io.Reader, out any) error {
	resp, err := c.send(ctx, http.MethodPost, path, query, kind, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return c.read(http.MethodPost, opOf(http.MethodPost, path), resp, out)
}

func opOf(method, path string) string { return strings.ToLower(method) + " " + path }

// send asks, and gives an answer that says yes; whoever reads it closes its body.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, kind string, body io.Reader) (*http.Response, error) {
	op := opOf(method, path)
	address := c.base.String() + prefix + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, connector.Errorf(connector.Invalid, op, "this is no path").Because(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unanswered(method, op, err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostProblem))
	if err != nil {
		return nil, c.unanswered(method, op, err)
	}
	return nil, c.failed(op, resp, text)
}

// unanswered is the error of a request whose answer never came: what only reads was surely not done.
func (c *Client) unanswered(method, op string, err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err // without the address, which people know
	}
	dial := (*net.OpError)(nil)
	if method == http.MethodGet || errors.As(err, &dial) && dial.Op == "dial" {
		return connector.Errorf(connector.Unavailable, op, "%s did not answer", c.base.Host).Because(err).Advise("Check that `ml-connector serve` runs there.")
	}
	return connector.Errorf(connector.Ambiguous, op, "%s did not answer", c.base.Host).Because(err).Advise("It may have been done: look before you ask again.")
}

// failed is the error that a server told.
func (c *Client) failed(op string, resp *http.Response, text []byte) error {
	var p struct {
		Code   connector.Code `json:"code"`
		Detail string         `json:"detail"`
		Hint   string         `json:"hint"`
		Op     string         `json:"op"`
		Errors []struct {
			Location string `json:"location"`
			Message  string `json:"message"`
		} `json:"errors"`
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind != "application/problem+json" || json.Unmarshal(text, &p) != nil || p.Code == "" {
		return connector.Errorf(connector.Misconfigured, op, "%s answered HTTP %d, and not as ml-connector does", c.base.Host, resp.StatusCode).Advise("Check the address of --server.")
	}
	for _, e := range p.Errors {
		p.Detail += fmt.Sprintf("; %s: %s", e.Location, e.Message)
	}
	if p.Op != "" {
		op = p.Op
	}
	return connector.Errorf(p.Code, op, "%s", p.Detail).Advise("%s", p.Hint)
}

// loopback says whether a name is this machine's own.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
