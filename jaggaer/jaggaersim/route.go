package jaggaersim

import (
	"net/http"
	"strings"
)

// route finds out what a request is about. What no surface knows answers like a web server: a page.
func (s *Server) route(c call) call {
	path := strings.TrimSuffix(c.URL.Path, "/")
	if realm, ok := strings.CutPrefix(path, "/auth/realms/"); ok {
		c.operation, c.token = "token", true
		c.handle = func(c call) answer { return s.keycloak(c, realm) }
		return c
	}
	for _, prefix := range []string{s.profile.APIPrefix, legacyPrefix} {
		rest, ok := strings.CutPrefix(path, prefix+"/")
		if !ok {
			continue
		}
		if rest == s.profile.Version+"/tokens" {
			c.operation, c.token = "token", true
			c.handle = s.legacyToken
			return c
		}
		if rest == "ja/"+s.profile.Version+"/companyprofiles" {
			return s.routeCompany(c)
		}
		if prefix == s.profile.APIPrefix {
			return s.routeREST(c, rest)
		}
	}
	if name, ok := strings.CutPrefix(path, s.profile.Router+"/"); ok {
		if _, known := s.profile.Imports[name]; known {
			return s.routeImport(c, name)
		}
	}
	c.operation = "unknown"
	c.handle = func(call) answer { return htmlAnswer(http.StatusNotFound, "404 Not Found") }
	return c
}

const legacyPrefix = "/esop/jint/api/public"

// routeREST takes what stands behind the API prefix: {module}/{version}/{path…}.
func (s *Server) routeREST(c call, rest string) call {
	c.operation, c.handle = "unknown", s.noResource
	for _, name := range entityNames {
		e := s.profile.Entities[name]
		tail, ok := strings.CutPrefix(rest, e.Module+"/"+s.profile.Version+"/"+e.Path)
		if !ok || tail != "" && tail[0] != '/' {
			continue
		}
		c.entity = name
		switch parts := strings.Split(tail, "/"); {
		case len(parts) == 1:
			return s.routeCollection(c)
		case len(parts) == 2:
			c.id, c.operation, c.handle = parts[1], name+".read", s.detail
			return s.only(c, http.MethodGet)
		case len(parts) == 3 && name == Invoice && parts[2] == "payment":
			c.id, c.operation, c.handle = parts[1], "payment.write", s.writePayment
			if s.switches.PaymentOff {
				c.handle = s.noResource
				return c
			}
			return s.only(c, http.MethodPut)
		}
		return c
	}
	return c
}

func (s *Server) routeCollection(c call) call {
	if c.Method == http.MethodPost {
		switch c.entity {
		case Supplier:
			c.operation, c.handle = "supplier.write", s.writeSupplier
			return c
		case Requisition:
			c.operation, c.handle = "requisition.create", s.writeRequisition
			return c
		case CustomFieldValue:
			c.operation, c.handle = "cfv.write", s.writeValues
			return c
		}
	}
	c.operation, c.handle = c.entity+".list", s.list
	return s.only(c, http.MethodGet)
}

// only refuses every other method with 405.
func (s *Server) only(c call, method string) call {
	if c.Method != method {
		c.handle = func(call) answer {
			a := s.refusal(http.StatusMethodNotAllowed, 2, "Method "+c.Method+" is not supported here")
			a.header["Allow"] = method
			return a
		}
	}
	return c
}

func (s *Server) noResource(call) answer {
	return s.refusal(http.StatusNotFound, 2, "Resource not found")
}
