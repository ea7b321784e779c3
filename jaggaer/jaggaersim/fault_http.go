package jaggaersim

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"slices"
	"strings"
	"time"
)

// faultKind is what a fault does. after: the call has its effect first, and apply gets its answer.
type faultKind struct {
	after bool
	apply func(s *Server, c call, f *Fault, real answer) answer
}

// faultKinds are the rows of JAGGAER.md §6, the token errors of §2.2, and the broken connections and bodies of §11. It is never
// changed.
var faultKinds = merged(tokenFaults, restFaults, listFaults, routerFaults, connectionFaults)

func merged(all ...map[string]faultKind) map[string]faultKind {
	out := map[string]faultKind{}
	for _, m := range all {
		for name, k := range m {
			out[name] = k
		}
	}
	return out
}

// instead answers something fixed; the call has no effect.
func instead(make func(s *Server, f *Fault) answer) faultKind {
	return faultKind{apply: func(s *Server, _ call, f *Fault, _ answer) answer { return make(s, f) }}
}

func oauth(status int, code, description string) faultKind {
	return instead(func(_ *Server, f *Fault) answer { return oauthError(status, code, f.message(description)) })
}

func coded(status, code int, message string) faultKind {
	return instead(func(s *Server, f *Fault) answer { return s.refusal(status, code, f.message(message)) })
}

func html(status int, title string, header ...string) faultKind {
	return instead(func(*Server, *Fault) answer {
		a := htmlAnswer(status, title)
		for i := 0; i+1 < len(header); i += 2 {
			a.header[header[i]] = header[i+1]
		}
		return a
	})
}

func bare(status int, header ...string) faultKind {
	return instead(func(*Server, *Fault) answer {
		a := answer{status: status, header: map[string]string{}}
		for i := 0; i+1 < len(header); i += 2 {
			a.header[header[i]] = header[i+1]
		}
		return a
	})
}

// tokenFaults are meant for operation token.
var tokenFaults = map[string]faultKind{
	"token_invalid_client":     oauth(http.StatusUnauthorized, "invalid_client", "Invalid client or Invalid client credentials"),
	"token_invalid_client_old": oauth(http.StatusBadRequest, "invalid_client", "Invalid client credentials"),
	"token_wrong_secret_old":   oauth(http.StatusBadRequest, "unauthorized_client", "Invalid client secret"),
	"token_unknown_client_old": oauth(http.StatusBadRequest, "unauthorized_client", "UNKNOWN_CLIENT: Client was not identified by any client authenticator"),
	"token_no_service_account": oauth(http.StatusUnauthorized, "unauthorized_client", "Client not enabled to retrieve service account"),
	"token_body_lost":          oauth(http.StatusBadRequest, "invalid_request", "Missing form parameter: grant_type"),
	"token_bad_grant":          oauth(http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant_type"),
	"token_bad_scope":          oauth(http.StatusBadRequest, "invalid_scope", "Invalid scopes: xyz"),
	"token_no_realm": instead(func(*Server, *Fault) answer {
		return jsonAnswer(http.StatusNotFound, doc{"error": "Realm does not exist"})
	}),
	"token_missing": instead(func(*Server, *Fault) answer { return jsonAnswer(http.StatusOK, doc{"token_type": "Bearer"}) }),
	"token_dead": {after: true, apply: func(s *Server, _ call, _ *Fault, real answer) answer { // row 7: given out, never valid
		s.tokens = map[string]time.Time{}
		return real
	}},
}

// restFaults are the answers of rows 6 to 31.
var restFaults = map[string]faultKind{
	"unauthorized":           instead(func(s *Server, _ *Fault) answer { return s.unauthorised(false) }),
	"unauthorized_malformed": instead(func(s *Server, _ *Fault) answer { return s.unauthorised(true) }),
	"revoked": instead(func(s *Server, _ *Fault) answer { // row 6: the token is dead from now on
		s.tokens = map[string]time.Time{}
		return s.unauthorised(s.switches.MalformedUnauthorized)
	}),
	"forbidden":          coded(http.StatusForbidden, 2, "Access denied: client is not enabled for this resource"),
	"forbidden_html":     html(http.StatusForbidden, "403 Forbidden"),
	"forbidden_empty":    bare(http.StatusForbidden),
	"not_found":          coded(http.StatusNotFound, 2, "Resource not found"),
	"not_found_html":     html(http.StatusNotFound, "404 Not Found"),
	"gone":               coded(http.StatusOK, 2, "Record not found"),
	"method_not_allowed": coded(http.StatusMethodNotAllowed, 2, "Method is not supported here"),
	"unsupported_media":  coded(http.StatusUnsupportedMediaType, 2, "Content type not supported"),
	"bad_request":        coded(http.StatusBadRequest, 2, "Malformed JSON at position 118"),
	"code2": instead(func(s *Server, f *Fault) answer { // row 15
		return jsonAnswer(http.StatusOK, doc{
			"returnCode": s.code(2), "returnMessage": f.message("operation not completed due to error as detailed in the returned message"),
			"totRecords": s.count(0), "returnedRecords": s.count(0), "startAt": s.count(1),
		})
	}),
	"rejected": coded(http.StatusOK, 2, "Value 999999 is not valid for custom field Account"),
	"required": coded(http.StatusOK, 2, "124(name)"),
	"exists":   coded(http.StatusOK, 1, "112(USER_ALIAS)"),
	"user_exists": {after: true, apply: func(s *Server, _ call, f *Fault, _ answer) answer { // row 19
		return s.refusal(http.StatusOK, -996, f.message("User already exists"))
	}},
	"warning": {after: true, apply: func(s *Server, _ call, f *Fault, real answer) answer { // row 20
		return recode(s, real, 1, f.message("Stored with warnings"))
	}},
	"conflict":        coded(http.StatusConflict, 2, "Invoice is being changed by another user"),
	"too_large":       coded(http.StatusRequestEntityTooLarge, 2, "Request too large"),
	"too_large_400":   coded(http.StatusBadRequest, 2, "Batch too large"),
	"throttled":       bare(http.StatusTooManyRequests, "Retry-After", "30"),
	"throttled_bare":  bare(http.StatusTooManyRequests),
	"throttled_date":  instead(throttledDate),
	"error":           coded(http.StatusInternalServerError, 2, "Internal error"),
	"error_html":      html(http.StatusInternalServerError, "500 Internal Server Error"),
	"bad_gateway":     html(http.StatusBadGateway, "502 Bad Gateway"),
	"maintenance":     html(http.StatusServiceUnavailable, "Scheduled maintenance", "Retry-After", "120"),
	"gateway_timeout": html(http.StatusGatewayTimeout, "504 Gateway Timeout"),
	"login_page":      html(http.StatusOK, "Log in"),
	"redirect":        html(http.StatusFound, "Moved", "Location", "/login"),
	"empty":           {after: true, apply: func(_ *Server, _ call, _ *Fault, _ answer) answer { return answer{status: http.StatusOK} }},
	"not_json": {after: true, apply: func(_ *Server, _ call, _ *Fault, _ answer) answer { // rows 29 and 30
		return answer{status: http.StatusOK, header: map[string]string{"Content-Type": "application/json"}, body: []byte("OK")}
	}},
	"wrong_content_type": {after: true, apply: func(_ *Server, _ call, _ *Fault, real answer) answer {
		real.header["Content-Type"] = "text/html; charset=ISO-8859-1"
		return real
	}},
}

func throttledDate(s *Server, _ *Fault) answer {
	return answer{status: http.StatusTooManyRequests, header: map[string]string{"Retry-After": s.now().Add(30 * time.Second).Format(http.TimeFormat)}}
}

// recode changes the return code of a JSON answer.
func recode(s *Server, a answer, code int, message string) answer {
	var body doc
	if decode(a.body, &body) != nil || body == nil {
		return a // no JSON object: there is no code to change
	}
	body["returnCode"], body["returnMessage"] = s.code(code), message
	a.body = encode(body)
	return a
}

// connectionFaults break the connection or the body. A name that could not be found or a refused connection never reaches a
// server: tests close its port instead.
var connectionFaults = map[string]faultKind{
	"reset_before": {apply: func(*Server, call, *Fault, answer) answer { return answer{abort: true} }},
	"reset_after":  {after: true, apply: func(*Server, call, *Fault, answer) answer { return answer{abort: true} }},
	"black_hole":   {apply: func(*Server, call, *Fault, answer) answer { return answer{hang: true} }},
	"delay": {after: true, apply: func(_ *Server, _ call, f *Fault, real answer) answer {
		real.delay = f.delay()
		return real
	}},
	"delay_before": {apply: func(_ *Server, _ call, f *Fault, _ answer) answer { return answer{abort: true, delay: f.delay()} }},
	"cut": {after: true, apply: func(_ *Server, _ call, f *Fault, real answer) answer {
		real.cut = f.Bytes
		if f.Bytes == 0 {
			real.cut = max(1, len(real.body)/2)
		}
		return real
	}},
	"truncated": {after: true, apply: func(_ *Server, _ call, _ *Fault, real answer) answer { // complete for HTTP, half for the parser
		real.body = real.body[:len(real.body)/2]
		return real
	}},
	"deep": {after: true, apply: func(_ *Server, c call, _ *Fault, real answer) answer {
		const levels = 1_000_000
		open, shut := `{"a":`, "}"
		if c.xml {
			open, shut = "<a>", "</a>"
		}
		real.body = []byte(strings.Repeat(open, levels) + "1" + strings.Repeat(shut, levels))
		return real
	}},
	"huge": {after: true, apply: func(_ *Server, _ call, _ *Fault, real answer) answer {
		real.body = slices.Concat(bytes.Repeat([]byte(" "), maxBody+1), real.body)
		return real
	}},
	"gzip_bomb": {after: true, apply: func(_ *Server, _ call, _ *Fault, real answer) answer {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // the level exists
		blank := bytes.Repeat([]byte(" "), 1<<20)
		for range 1 + maxBody>>20 {
			_, _ = z.Write(blank) // a bytes.Buffer never fails
		}
		_, _ = z.Write(real.body)
		_ = z.Close()
		real.body = b.Bytes()
		real.header["Content-Encoding"] = "gzip"
		return real
	}},
}
