package wire

import (
	"context"
	"fmt"
	"time"

	connector "ml-connector"
)

// keptBody is how much of each body an Exchange holds; more is cut, and says so.
const keptBody = 1 << 20

// margin is read and masked beyond keptBody, so that a secret across the cut is seen whole before it is cut.
const margin = 64 << 10

// keep makes the Exchange of a call, hands it to the context's Trace and returns its ID.
func (c *Client) keep(ctx context.Context, r connector.Request, got outcome, started time.Time, took time.Duration) string {
	id := newID(started)
	trace := connector.TraceOf(ctx)
	if trace.Keep == nil {
		return id
	}
	m := c.mask.with(r.Secrets, r.Header)
	x := connector.Exchange{
		ID: id, Connection: c.connection, Op: r.Op, Method: r.Method, URL: m.url(r.URL),
		RequestHeader: m.headers(r.Header), RequestBody: m.body(r.Body),
		Status: got.status, ResponseHeader: m.headers(flat(got.header, nil)), ResponseBody: m.body(got.body),
		Started: started.UTC(), Took: took, Run: trace.Run, Delivery: trace.Delivery,
	}
	if r.Hide && got.status < 300 && len(got.body) > 0 {
		x.ResponseBody = fmt.Appendf(nil, "… not kept: the answer may hold bank or tax numbers; it had %d bytes", len(got.body))
	}
	if got.err != nil {
		x.Failure = string(got.err.Code) + ": " + m.text(got.err.Message)
	}
	trace.Keep(x)
	return id
}

// headers masks the values of a header.
func (m *mask) headers(h map[string]string) map[string]string {
	out := make(map[string]string, len(h))
	for name, value := range h {
		if secretHeader(name) {
			out[name] = stars
			continue
		}
		out[name] = m.text(value)
	}
	return out
}

// body masks and cuts.
func (m *mask) body(b []byte) []byte {
	if len(b) <= keptBody {
		return m.bytes(b)
	}
	part := b[:min(len(b), keptBody+margin)]
	masked := m.bytes(part)
	masked = masked[:min(keptBody, max(len(masked)-margin, 0))]
	return fmt.Appendf(masked[:len(masked):len(masked)], "\n… cut here: the whole body has %d bytes", len(b))
}
