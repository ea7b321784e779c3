package wire

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"

	connector "ml-connector"
)

func TestNamedSecretsAreMasked(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ in, want string }{
		"a token in JSON":                 {`{"access_token":"eyJ.x","token_type":"Bearer"}`, `{"access_token":"***","token_type":"Bearer"}`},
		"with white space":                {"{ \"token\" :\n \"abc\" }", "{ \"token\" :\n \"***\" }"},
		"with an escaped quote":           {`{"password":"a\"b","x":"y"}`, `{"password":"***","x":"y"}`},
		"a number":                        {`{"taxIdentificationNumber":123456789,"n":1}`, `{"taxIdentificationNumber":***,"n":1}`},
		"nothing to hide":                 {`{"token":null,"iban":"","secret":{"a":"b"}}`, `{"token":null,"iban":"","secret":{"a":"b"}}`},
		"inside a group":                  {`{"bankAccount":{"bankAccountNumber":"0001","routingNumber":"2"}}`, `{"bankAccount":{"bankAccountNumber":"***","routingNumber":"***"}}`},
		"cut off":                         {`{"client_secret":"abc`, `{"client_secret":"***`},
		"as a value it is no name":        {`["password","x"]`, `["password","x"]`},
		"an element of XML":               {`<a><SharedSecret>s3</SharedSecret><b/></a>`, `<a><SharedSecret>***</SharedSecret><b/></a>`},
		"with prefix and attributes":      {`<w:Password Type="x">p</w:Password>`, `<w:Password Type="x">***</w:Password>`},
		"CDATA":                           {`<Password><![CDATA[a<b]]></Password><c>d</c>`, `<Password>***</Password><c>d</c>`},
		"empty elements":                  {`<Password/><Password></Password><c>d</c>`, `<Password/><Password></Password><c>d</c>`},
		"numbers of a bank in XML":        {`<IbanBankAccountNumber>DE00</IbanBankAccountNumber>`, `<IbanBankAccountNumber>***</IbanBankAccountNumber>`},
		"a form":                          {`client_id=a&client_secret=S3cr%2F&x=1`, `client_id=a&client_secret=***&x=1`},
		"the last of a form":              {`grant_type=password&password=x`, `grant_type=password&password=***`},
		"XML in a part of something else": {"--b\r\nA: b\r\n\r\n<Password>x</Password>\r\n--b--", "--b\r\nA: b\r\n\r\n<Password>***</Password>\r\n--b--"},
		"after a byte order mark":         {"\ufeff{\"token\":\"x\"}", "\ufeff{\"token\":\"***\"}"},
		"nothing":                         {"", ""},
		"only names that it knows":        {`{"name":"password","tokens":"x","PasswordHint":"y"}`, `{"name":"password","tokens":"x","PasswordHint":"y"}`},
	} {
		if got := string(maskNamed([]byte(row.in))); got != row.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func FuzzMaskNamed(f *testing.F) {
	for _, seed := range []string{`{"token":"a\`, `<Password`, `<Password><![CDATA[`, `"token":`, `password=`, `<`, `"`, "\ufeff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		maskNamed(b)
		if !bytes.Equal(b, before) {
			t.Error("the body itself was changed")
		}
	})
}

// I16, I21: what is kept holds no secret in any spelling, and says what was sent all the same.
func TestI21ExchangesHoldNoSecret(t *testing.T) {
	t.Parallel()
	const secret = `S3&cr"e<t/+ü`
	const token = "eyJhbGciOi.token-of-this-call"
	basic := base64.StdEncoding.EncodeToString([]byte("JGR_SVC:" + secret))
	b := newBench(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session=abcdefgh")
		w.Header().Set("X-Echo", token)
		body, _ := io.ReadAll(r.Body)
		io.WriteString(w, "you said "+r.Header.Get("Authorization")+" "+string(body)+` {"access_token":"fresh-token"}`)
	}), func(c *Config) { c.Secrets = []string{secret, "abc"} })

	spelled := strings.Join(spellings(secret), " | ")
	_, err := b.client.Call(b.ctx, connector.Request{Method: "POST", URL: b.url + "/q?password=pp99&name=" + token, Secrets: []string{token},
		Header: map[string]string{"Authorization": "Basic " + basic, "PS_TOKEN": "ps99", "X-Name": "keep"}, Body: []byte(spelled + " | abc")})
	if err != nil {
		t.Fatal(err)
	}
	x := (*b.kept)[0]
	all := x.URL + flatText(x.RequestHeader) + string(x.RequestBody) + flatText(x.ResponseHeader) + string(x.ResponseBody)
	for _, leak := range append(spellings(secret), basic, token, "pp99", "ps99", "session=abc", "fresh-token") {
		if strings.Contains(all, leak) {
			t.Errorf("the Exchange holds %q", leak)
		}
	}
	for _, kept := range []string{"X-Name: keep", "name=***", "you said Basic ***", "| abc"} {
		if !strings.Contains(all, kept) {
			t.Errorf("the Exchange lost %q: %s", kept, all)
		}
	}
}

// TestWhatIsHiddenIsNotKept: an answer that may hold what nobody can mask leaves its size alone; a refusal is kept.
func TestWhatIsHiddenIsNotKept(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	b := newBench(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, "<columnValue>0001112223</columnValue>")
	}), nil)
	for n, want := range []string{"not kept: the answer may hold bank or tax numbers; it had 37 bytes", "<columnValue>0001112223</columnValue>"} {
		resp, err := b.client.Call(b.ctx, connector.Request{Method: "GET", URL: b.url, Hide: true})
		if err != nil || string(resp.Body) != "<columnValue>0001112223</columnValue>" {
			t.Fatalf("%v, %v", resp, err)
		}
		if got := string((*b.kept)[n].ResponseBody); !strings.Contains(got, want) {
			t.Errorf("HTTP %d: kept %q", status, got)
		}
		status = http.StatusForbidden
	}
}

func flatText(h map[string]string) string {
	var s strings.Builder
	for k, v := range h {
		s.WriteString(k + ": " + v + "\n")
	}
	return s.String()
}

func TestLargeBodiesAreCutInTheExchange(t *testing.T) {
	t.Parallel()
	const secret = "a-secret-of-the-connection"
	m := newMask([]string{secret})
	long := []byte(strings.Repeat(secret+" ", 2*keptBody/len(secret)))
	got := string(m.body(long))
	if len(got) > keptBody+100 || !strings.Contains(got, "cut here: the whole body has") {
		t.Errorf("kept %d bytes, ending %q", len(got), got[len(got)-60:])
	}
	if strings.Contains(got, "secret-of") || strings.Contains(got, "a-sec") {
		t.Error("the kept part holds a secret")
	}
	// A secret that lies across the cut is not kept by half.
	across := append(append(bytes.Repeat([]byte("x"), keptBody-5), secret...), bytes.Repeat([]byte("y"), 2*margin)...)
	if got := string(m.body(across)); strings.Contains(got, "a-sec") {
		t.Error("half a secret was kept")
	}
	if exact := bytes.Repeat([]byte("x"), keptBody); !bytes.Equal(m.body(exact), exact) {
		t.Error("a body of the limit was changed")
	}
}

func TestFailuresAreKept(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	b := newBench(t, s, nil)
	_, err := b.get(t)
	x := (*b.kept)[0]
	if err == nil || x.ID != err.Exchange || x.Status != 0 || !strings.HasPrefix(x.Failure, "unavailable: ") || x.Started.IsZero() {
		t.Errorf("kept %+v of %v", x, err)
	}
}

func BenchmarkMaskPage(b *testing.B) {
	m := newMask([]string{"not-a-real-password", "not-a-real-secret"})
	page := []byte(`{"rows":[` + strings.Repeat(`{"VENDOR_ID":"0000012345","NAME1":"Acme & Sons","STATUS":"A"},`, 2000) + `{}]}`)
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		m.bytes(page)
	}
}
