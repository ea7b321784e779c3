package server

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// nullable says in the document what else it would not: that a pointer or a map may be null.
func nullable(schemas huma.Registry) {
	for name, s := range schemas.Map() {
		if t := schemas.TypeFromRef("#/components/schemas/" + name); t != nil {
			nullableIn(s, t)
		}
	}
}

func nullableIn(s *huma.Schema, t reflect.Type) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for n := range t.NumField() {
		f := t.Field(n)
		if f.Anonymous {
			nullableIn(s, f.Type)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := s.Properties[name]
		if p == nil || strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero") {
			continue
		}
		switch f.Type.Kind() {
		case reflect.Map:
			p.Nullable = true
		case reflect.Pointer:
			if p.Ref != "" {
				s.Properties[name] = &huma.Schema{AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}, Description: p.Description}
				continue
			}
			p.Nullable = true
		}
	}
}
