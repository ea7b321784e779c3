package jaggaersim

import (
	"reflect"
)

// upsertValue creates or updates one value of a custom field and answers what a result line says: 0, or 2 with the reason.
func (s *Server) upsertValue(in doc) (r *row, message string) {
	field, value := text(in, "fieldInternalName"), text(in, "value")
	switch {
	case field == "" || value == "":
		missing := "value"
		if field == "" {
			missing = "fieldInternalName"
		}
		return nil, "124(" + missing + ")"
	case !s.fields[field]:
		return nil, "Custom field '" + field + "' does not exist"
	}
	key := field + "/" + value
	if r = s.customValue(field, value); r != nil {
		before := clone(r.head())
		mergeValue(r.head(), in)
		if !reflect.DeepEqual(before, r.head()) {
			s.touch(r, s.now())
			s.effect("cfv.update", key)
		}
		return r, ""
	}
	h := doc{"fieldInternalName": field, "value": value, "description": "", "active": "true", "parentValue": ""}
	mergeValue(h, in)
	r = s.add(CustomFieldValue, doc{"header": h}, s.now())
	s.indexValue(r)
	s.effect("cfv.create", key)
	return r, ""
}

func mergeValue(h, in doc) {
	for _, name := range []string{"description", "parentValue", "sortOrder", "effectiveDate", "expirationDate", "organization", "businessUnit"} {
		if v, ok := in[name]; ok {
			h[name] = copyValue(v)
		}
	}
	if _, ok := in["active"]; ok {
		h["active"] = flag(truth(text(in, "active"), true))
	}
}

// customValue looks a value up; the index is made anew after an edit by hand.
func (s *Server) customValue(field, value string) *row {
	return s.valuesOf(field)[value]
}

func (s *Server) valuesOf(field string) map[string]*row {
	if s.values == nil {
		s.values = map[string]map[string]*row{}
		for _, r := range s.rows[CustomFieldValue] {
			s.indexValue(r)
		}
	}
	return s.values[field]
}

func (s *Server) indexValue(r *row) {
	if s.values == nil {
		return
	}
	field := r.text("fieldInternalName")
	if s.values[field] == nil {
		s.values[field] = map[string]*row{}
	}
	s.values[field][r.text("value")] = r
}
