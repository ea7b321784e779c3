// Package signontest is an identity provider for tests: it does what OpenID Connect says, and lies when it is told to. It shares no code
// with signon. Nothing of the product may import it.
package signontest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// The client that the provider knows.
const (
	ClientID     = "ml-connector"
	ClientSecret = "client & secret of the tests"
)

// Provider is one identity provider. What it says may be changed until it is asked.
type Provider struct {
	URL      string
	CA       []byte         // PEM
	Document map[string]any // what it says of itself
	Sign     string         // RS256; or foreign, HS256, none, "" = there is no token
	Fail     string         // of the token endpoint: an OAuth error, 500 or 302
	Secret   bool           // the client must prove itself
	Gone     atomic.Bool

	server *httptest.Server
	now    func() time.Time
	mu     sync.Mutex
	claims map[string]any
	codes  map[string]url.Values
	asked  map[string]int
	key    *rsa.PrivateKey
	keyID  string
}

// New starts a provider that knows m.clerk@example.com.
func New(now func() time.Time) *Provider {
	p := &Provider{now: now, Sign: "RS256", Secret: true, claims: map[string]any{"sub": "subject-1", "email": "m.clerk@example.com", "email_verified": true}, codes: map[string]url.Values{}, asked: map[string]int{}}
	p.Rotate()
	p.server = httptest.NewTLSServer(p)
	p.URL = p.server.URL
	p.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw})
	p.Document = map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"}}
	return p
}

// Elsewhere is another host of the same provider.
func (p *Provider) Elsewhere() *httptest.Server {
	s := httptest.NewUnstartedServer(p)
	s.TLS = p.server.TLS.Clone()
	s.StartTLS()
	return s
}

// Close ends it.
func (p *Provider) Close() { p.server.Close() }

// Say changes what the next ID token claims; nil takes a claim away.
func (p *Provider) Say(claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, value := range claims {
		if value == nil {
			delete(p.claims, name)
			continue
		}
		p.claims[name] = value
	}
}

// Rotate makes a new key.
func (p *Provider) Rotate() {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key, p.keyID = key, rand.Text()
}

// Asked is how often a path was asked.
func (p *Provider) Asked(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

// Browse goes to an address as a browser does, signs on, and returns with what it is sent back with.
func (p *Provider) Browse(address string) (url.Values, error) {
	c := p.server.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	got, err := c.Get(address)
	if err != nil {
		return nil, err
	}
	got.Body.Close()
	back, err := url.Parse(got.Header.Get("Location"))
	if err == nil && got.StatusCode != http.StatusFound {
		err = fmt.Errorf("the log-in page answered %s", got.Status)
	}
	if err != nil {
		return nil, err
	}
	return back.Query(), nil
}

// ServeHTTP answers.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked[r.URL.Path]++
	if p.Gone.Load() {
		panic(http.ErrAbortHandler)
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		answer(w, http.StatusOK, p.Document)
	case "/keys":
		e := big.NewInt(int64(p.key.E)).Bytes()
		answer(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": p.keyID, "n": text(p.key.N.Bytes()), "e": text(e)}}})
	case "/authorize":
		q := r.URL.Query()
		if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" || q.Get("nonce") == "" {
			http.Error(w, "this is no authorization request", http.StatusBadRequest)
			return
		}
		code := rand.Text()
		p.codes[code] = q
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.Document["issuer"].(string)}}.Encode(), http.StatusFound)
	case "/token":
		p.token(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	switch p.Fail {
	case "":
	case "500":
		http.Error(w, "<html>broken</html>", http.StatusInternalServerError)
		return
	case "302":
		http.Redirect(w, r, "https://evil.example.com/", http.StatusFound)
		return
	default:
		answer(w, http.StatusUnauthorized, map[string]any{"error": p.Fail})
		return
	}
	id, secret, _ := r.BasicAuth()
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	if p.Document["token_endpoint_auth_methods_supported"] != nil {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if p.Secret && (id != ClientID || secret != ClientSecret) || !p.Secret && r.FormValue("client_id") != ClientID {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	q, ok := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !ok || q.Get("code_challenge") != text(sum[:]) || r.FormValue("redirect_uri") != q.Get("redirect_uri") || r.FormValue("grant_type") != "authorization_code" {
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	claims := map[string]any{"iss": p.Document["issuer"], "aud": ClientID, "iat": p.now().Unix(), "exp": p.now().Add(5 * time.Minute).Unix(), "nonce": q.Get("nonce")}
	for name, value := range p.claims {
		claims[name] = value
	}
	out := map[string]any{"access_token": "unused", "token_type": "Bearer"}
	if p.Sign != "" {
		out["id_token"] = p.signed(claims)
	}
	answer(w, http.StatusOK, out)
}

func (p *Provider) signed(claims map[string]any) string {
	alg := p.Sign
	if alg == "foreign" {
		alg = "RS256"
	}
	head, _ := json.Marshal(map[string]any{"alg": alg, "kid": p.keyID, "typ": "JWT"})
	body, _ := json.Marshal(claims)
	signed := text(head) + "." + text(body)
	sum := sha256.Sum256([]byte(signed))
	var signature []byte
	switch p.Sign {
	case "HS256":
		mac := hmac.New(sha256.New, []byte(ClientSecret))
		mac.Write([]byte(signed))
		signature = mac.Sum(nil)
	case "RS256", "foreign":
		key := p.key
		if p.Sign == "foreign" {
			key, _ = rsa.GenerateKey(rand.Reader, 2048)
		}
		signature, _ = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	}
	return signed + "." + text(signature)
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
