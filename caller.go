package connector

import (
	"context"
	"time"
)

// Caller makes one HTTP exchange with the Connection's own addresses. It is all that a System has of the network: the
// address check, TLS, limits, masking and the keeping of the Exchange are behind it.
//
// It never follows a redirect and never repeats a request. Its errors are Errors: unavailable when surely nothing was
// sent or for any reading request; ambiguous when a Write request may have reached the System; forbidden when the
// address is not one of the Connection's.
type Caller interface {
	Call(ctx context.Context, r Request) (*Response, error)
}

// Request is one HTTP request.
type Request struct {
	Op      string // what it is, with a bounded set of values: "query JGR_VENDOR", "token"
	Method  string
	URL     string // absolute
	Header  map[string]string
	Body    []byte
	Write   bool          // it changes something: a fresh connection, and doubt when the answer is lost
	Timeout time.Duration // of the whole call; 0 = the Connection's `timeout`, else 60 s
	Hide    bool          // the body of an answer is not kept: it may hold bank or tax numbers under names that nobody knows
	Secrets []string      // values besides the Connection's secrets to mask wherever they occur, e.g. a token
}

// Response is the answer, whole.
type Response struct {
	Status   int
	Header   map[string]string // canonical names; of repeated ones the first
	Body     []byte
	Took     time.Duration
	Exchange string // ID of the Exchange that was kept
}

// Exchange is one HTTP request and answer, raw but for masked secrets.
type Exchange struct {
	ID             string
	Connection     string
	Op             string
	Method         string
	URL            string
	RequestHeader  map[string]string
	RequestBody    []byte
	Status         int // 0 = no answer
	ResponseHeader map[string]string
	ResponseBody   []byte
	Started        time.Time
	Took           time.Duration
	Failure        string // what went wrong below HTTP, "" when nothing did
	Run            int64
	Delivery       int64
}

// Trace says for what a call is made, and where its Exchange goes. It travels in the context.
type Trace struct {
	Run, Delivery int64
	Keep          func(Exchange)
}

type traceKey struct{}

// WithTrace returns a context whose calls belong to t.
func WithTrace(ctx context.Context, t Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceOf is the Trace of a context; the zero Trace when it has none.
func TraceOf(ctx context.Context) Trace {
	t, _ := ctx.Value(traceKey{}).(Trace)
	return t
}
