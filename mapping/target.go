package mapping

import (
	"fmt"
	"strings"

	connector "ml-connector"
)

func fieldOf(fields []connector.Field, name string) *connector.Field {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}

// checkSchema adds what the target can't hold, but for fields whose reason is told already or that still wait.
func (r *run) checkSchema() {
	if len(r.c.Schema.Fields) == 0 {
		return
	}
	for _, p := range r.c.Schema.Check(r.result.Document) {
		if r.told(p.Field) || r.rowless[p.Value] {
			continue
		}
		message := p.Message
		if p.Value != "" {
			message = fmt.Sprintf("%q %s", p.Value, p.Message)
		}
		r.problem(p.Field, "", "%s", message)
	}
}

func (r *run) told(field string) bool {
	for _, p := range r.result.Problems {
		if p.Field == field {
			return true
		}
	}
	for _, path := range r.unresolved {
		if rest, ok := strings.CutPrefix(field, path); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}
