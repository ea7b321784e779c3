package app

import (
	"strings"

	connector "ml-connector"
)

// Explanation is what one System's error means.
type Explanation struct {
	System  string         `json:"system"`
	Title   string         `json:"title"` // of the System, for people
	Code    connector.Code `json:"code"`
	Message string         `json:"message"`
	Hint    string         `json:"hint"` // what to do, and who does it
	Then    string         `json:"then"` // what ml-connector does by itself
}

// Explain says offline what a text means that a System, a log or a colleague gave: one Explanation for each System that
// knows it. Nothing known is not_found.
func Explain(systems []connector.System, text string) ([]Explanation, error) {
	const op = "explain"
	if strings.TrimSpace(text) == "" {
		return nil, connector.Errorf(connector.Invalid, op, "there is no text").Advise("Give the message, or `-` and the text on standard input.")
	}
	var out []Explanation
	for _, s := range systems {
		x, ok := s.(connector.Explainer)
		if !ok {
			continue
		}
		if e := x.Explain(text); e != nil {
			out = append(out, Explanation{System: s.Name(), Title: s.Describe().Title, Code: e.Code, Message: e.Message, Hint: e.Hint, Then: then(e.Code)})
		}
	}
	if len(out) == 0 {
		return nil, connector.Errorf(connector.NotFound, op, "this text holds no message that a System is known to give").
			Advise("Give more of it: the message with its numbers in brackets, such as (158,505), or the whole answer as `delivery show` and the page of the record have it.")
	}
	return out, nil
}

// then is what the engine does with an error of a class (DESIGN.md "Errors"), in a sentence.
func then(c connector.Code) string {
	switch c.Reaction() {
	case connector.ReactPauseFlow:
		return "The flow pauses and its deliveries keep waiting; `connection ping` ends the pause when it passes."
	case connector.ReactPauseConnection:
		return "The connection pauses with all its flows, and is not tried again until its settings or secrets change, or a ping passes."
	case connector.ReactWait:
		return "It waits as long as it was told, then goes on by itself."
	case connector.ReactRetry:
		return "It is tried again by itself, ever later."
	case connector.ReactDoubt:
		return "Nothing is sent again before a look-up has shown whether it was done."
	}
	if c == connector.Rejected {
		return "The record is held. Scheduled runs try it a few times more, since somebody may mend what the target lacks; `delivery replay` does it at once."
	}
	return "The record is held until somebody mends it; then `delivery replay`."
}
