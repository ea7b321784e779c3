package mapping

import connector "ml-connector"

type level struct{}
type expression struct{}
type reference struct{}

// Filter is a site's own condition.
type Filter struct{ cond *expression }

// Parse reads a mapping file.
func Parse(text []byte) (*Flow, error) { return &Flow{}, nil }

// Where compiles a site's condition.
func Where(text string) (*Filter, error) { return &Filter{}, nil }

// CheckTarget holds the rules against the target's Schema.
func (f *Flow) CheckTarget(target connector.Schema) []error { return nil }

// Apply maps one Record.
func (f *Flow) Apply(c Context) Result { return Result{} }

// Cycles refuses fields that two Flows own in turn.
func Cycles(flows []*Flow) error { return nil }
