package connector

import (
	"errors"
	"fmt"
	"time"
)

// Code is the closed set of error classes of DESIGN.md. Everything that reads an error reads its Code, never its text.
type Code string

// The classes, in the order of DESIGN.md's table.
const (
	Invalid       Code = "invalid"       // malformed by our own check
	Misconfigured Code = "misconfigured" // wrong node, path, query, operation, profile
	Rejected      Code = "rejected"      // the System refused the content
	NotFound      Code = "not_found"     // no such thing
	Conflict      Code = "conflict"      // both sides changed, or the thing exists already
	Credentials   Code = "credentials"   // the System refused who we are
	Forbidden     Code = "forbidden"     // we may not do this there
	Throttled     Code = "throttled"     // too fast
	Unavailable   Code = "unavailable"   // no answer, surely not done
	Ambiguous     Code = "ambiguous"     // may have been done
	Internal      Code = "internal"      // our defect
)

// Reaction is what the engine does with an error of a class.
type Reaction int

// The reactions of DESIGN.md's table.
const (
	ReactHold            Reaction = iota // the Record waits for a person
	ReactPauseFlow                       // the Flow pauses, its Deliveries keep waiting
	ReactPauseConnection                 // the Connection pauses, all its Flows with it
	ReactWait                            // wait as told, no attempt spent
	ReactRetry                           // try again later, with back-off
	ReactDoubt                           // look up before anything else
)

type codeRow struct {
	reaction Reaction
	http     int
	exit     int
}

// codes is DESIGN.md's table of errors; what it does not know is treated as internal.
var codes = map[Code]codeRow{
	Invalid:       {ReactHold, 422, 2},
	Misconfigured: {ReactPauseFlow, 422, 2},
	Rejected:      {ReactHold, 422, 3},
	NotFound:      {ReactHold, 404, 3},
	Conflict:      {ReactHold, 409, 3},
	Credentials:   {ReactPauseConnection, 502, 4},
	Forbidden:     {ReactPauseFlow, 403, 4},
	Throttled:     {ReactWait, 429, 5},
	Unavailable:   {ReactRetry, 503, 5},
	Ambiguous:     {ReactDoubt, 502, 5},
	Internal:      {ReactHold, 500, 1},
}

func (c Code) row() codeRow {
	if r, ok := codes[c]; ok {
		return r
	}
	return codes[Internal]
}

// Reaction is what the engine does.
func (c Code) Reaction() Reaction { return c.row().reaction }

// HTTPStatus is the status of an API answer that carries this class.
func (c Code) HTTPStatus() int { return c.row().http }

// ExitStatus is the exit status of a command that ends with this class.
func (c Code) ExitStatus() int { return c.row().exit }

// Error is the one error type that crosses rooms. Message and Hint are for a person and hold no secret.
type Error struct {
	Code        Code
	Op, Message string        // what was being done: "read query JGR_VENDOR"; what happened, with the System's own words where it said some
	Hint        string        // what to do, and who does it
	Cause       error         // wrapped once
	Exchange    string        // ID of the Exchange that shows it raw, "" when there was none
	Wait        time.Duration // for throttled and unavailable: as told by the System; 0 when it did not say
	Refs        []Ref         // for a Delivery that waits: what it names
	Answered    bool          // of what is ambiguous: the System answered, and only what it said is in doubt
}

// Error gives operation, message and cause in one line.
func (e *Error) Error() string {
	s := e.Message
	if e.Op != "" {
		s = e.Op + ": " + s
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an Error of a class; op is what was being done.
func Errorf(code Code, op, format string, args ...any) *Error {
	return &Error{Code: code, Op: op, Message: fmt.Sprintf(format, args...)}
}

// Advise sets the hint.
func (e *Error) Advise(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// Because sets the cause.
func (e *Error) Because(cause error) *Error {
	e.Cause = cause
	return e
}

// AsError finds the Error in a chain; anything else is internal. A nil error gives nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: Internal, Message: "unexpected failure", Cause: err, Hint: "This is a defect of ml-connector. Please report it with the log around this time."}
}

// CodeOf is the class of an error, "" for nil.
func CodeOf(err error) Code {
	if e := AsError(err); e != nil {
		return e.Code
	}
	return ""
}
