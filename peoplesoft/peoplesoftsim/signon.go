package peoplesoftsim

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// account is a User with what sign-on remembers of it.
type account struct {
	User
	bad    int // wrong passwords in a row
	locked bool
}

// trouble is a framework message: set, number and text, as PEOPLESOFT.md §5.4 lists them.
type trouble struct {
	set, number int
	text        string
	parameters  []string
}

func (t *trouble) String() string { return fmt.Sprintf("%s (%d,%d)", t.text, t.set, t.number) }

func refusal(set, number int, format string, args ...any) *trouble {
	t := &trouble{set: set, number: number, text: fmt.Sprintf(format, args...)}
	for _, a := range args {
		t.parameters = append(t.parameters, fmt.Sprint(a))
	}
	return t
}

// check signs a user on with a password; wrong ones count towards the lock.
func (s *Server) check(id, password string) (*account, *trouble) {
	u := s.users[id]
	switch {
	case u == nil:
		return nil, refusal(158, 55, "User ID %s is not defined.", id)
	case u.locked:
		return nil, refusal(48, 70, "Your account %s has been locked.", id)
	case !same(u.Password, password):
		u.bad++
		u.locked = s.options.LockAfter > 0 && u.bad >= s.options.LockAfter
		return nil, &trouble{set: 158, number: 45, text: "User password failed.", parameters: []string{id}}
	}
	u.bad = 0
	return u, nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// credential is what a request brought; at most one of the forms signs the user on, but each that is there must be right.
type credential struct {
	user    *account
	trouble *trouble
	present bool
}

func (s *Server) basic(q *request) credential {
	id, password, ok := q.BasicAuth()
	if !ok {
		return credential{}
	}
	u, t := s.check(id, password)
	return credential{user: u, trouble: t, present: true}
}

// psToken signs on by the PS_TOKEN header or cookie (PEOPLESOFT.md §2.4).
func (s *Server) psToken(q *request) credential {
	token := q.Header.Get("PS_TOKEN")
	if c, err := q.Cookie("PS_TOKEN"); token == "" && err == nil {
		token = c.Value
	}
	if token == "" {
		return credential{}
	}
	u := s.users[s.options.Tokens[token]]
	if u == nil {
		return credential{present: true, trouble: refusal(158, 46, "PSFT Authentication token failed.")}
	}
	return credential{user: u, present: true}
}

func (s *Server) bearerToken(q *request) credential {
	token, ok := strings.CutPrefix(q.Header.Get("Authorization"), "Bearer ")
	if !ok || s.options.OAuth == nil {
		return credential{}
	}
	until, known := s.bearer[token]
	if !known || !s.now().Before(until) {
		return credential{present: true, trouble: refusal(158, 55, "OAuth token is not valid.")}
	}
	return credential{user: s.users[s.options.OAuth.User], present: true}
}

// signOn takes the first credential; without any it is the user of node ANONYMOUS, if the site has one (PEOPLESOFT.md §2.1).
func (s *Server) signOn(q *request, given ...credential) *trouble {
	for _, c := range given {
		if c.trouble != nil {
			return c.trouble
		}
		if c.present && q.user == nil {
			q.user = c.user
		}
	}
	if q.user == nil {
		q.user = s.users[s.options.Anonymous]
	}
	if q.user == nil {
		return refusal(158, 55, "User ID is not defined.")
	}
	return nil
}

// may says whether the user's permission lists hold the service operation.
func (s *Server) may(u *account, operation string) *trouble {
	if u.Operations == nil || slices.Contains(u.Operations, operation) {
		return nil
	}
	return refusal(158, 536, "User %s not authorized to invoke Service Operation %s.", u.ID, operation)
}

// sees is row security: whether a user's queries and components show a row at all (PEOPLESOFT.md §3.5). Unit is the row's business
// unit, blank for rows keyed by SETID.
func (u *account) sees(rowKey, unit string) bool {
	inUnit := unit == "" || u.BusinessUnits == nil || slices.Contains(u.BusinessUnits, unit)
	return inUnit && !slices.Contains(u.Hidden, rowKey)
}

// token is the customer's identity provider: client credentials, in the header or in the body (PEOPLESOFT.md §2.3).
func (s *Server) token(q *request) *answer {
	o := s.options.OAuth
	form, err := url.ParseQuery(string(q.body))
	if q.Method != http.MethodPost || err != nil {
		return reply(http.StatusBadRequest, "application/json", `{"error":"invalid_request"}`)
	}
	id, secret, inHeader := clientOf(q)
	if !inHeader {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	if !same(id, o.ClientID) || !same(secret, o.Secret) || o.ClientAuth == "basic" && !inHeader || o.ClientAuth == "body" && inHeader {
		return reply(http.StatusUnauthorized, "application/json", `{"error":"invalid_client","error_description":"Client authentication failed"}`)
	}
	if form.Get("grant_type") != "client_credentials" {
		return reply(http.StatusBadRequest, "application/json", `{"error":"unsupported_grant_type"}`)
	}
	if o.Scope != "" && form.Get("scope") != o.Scope || o.Audience != "" && form.Get("audience") != o.Audience {
		return reply(http.StatusBadRequest, "application/json", `{"error":"invalid_scope"}`)
	}
	s.numbers["token"]++
	t := "eyJ" + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "token %d of %s", s.numbers["token"], o.User))
	s.bearer[t] = s.now().Add(o.TTL)
	s.effect("token", id)
	return reply(http.StatusOK, "application/json", fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","expires_in":%d}`, t, int(o.TTL.Seconds())))
}

// clientOf reads client id and secret of the header, which OAuth 2 has form-encoded.
func clientOf(q *request) (id, secret string, ok bool) {
	id, secret, ok = q.BasicAuth()
	if a, err := url.QueryUnescape(id); err == nil {
		id = a
	}
	if b, err := url.QueryUnescape(secret); err == nil {
		secret = b
	}
	return id, secret, ok
}
