package wire

import (
	"bytes"
	"io"
	"net/http"
	"strconv"

	connector "ml-connector"
)

// HTTP is the Client for libraries that speak net/http by themselves: each request goes through [Client.Call], to the same
// addresses and within the same bounds, and no redirect is followed.
func (c *Client) HTTP(op string) *http.Client {
	return &http.Client{Transport: tripper{c, op}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// tripper makes a Call of each request.
type tripper struct {
	client *Client
	op     string
}

// RoundTrip is one Call; a request that may change something is one that writes.
func (t tripper) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		defer r.Body.Close()
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxHeader)); err != nil {
			return nil, err
		}
	}
	got, err := t.client.Call(r.Context(), connector.Request{Op: t.op, Method: r.Method, URL: r.URL.String(), Header: flat(r.Header, nil), Body: body, Write: r.Method != http.MethodGet})
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	for k, v := range got.Header {
		header.Set(k, v)
	}
	header.Set("Content-Length", strconv.Itoa(len(got.Body)))
	return &http.Response{Status: http.StatusText(got.Status), StatusCode: got.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(got.Body)), ContentLength: int64(len(got.Body)), Request: r}, nil
}
