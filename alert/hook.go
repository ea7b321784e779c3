package alert

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	connector "ml-connector"
	"ml-connector/wire"
)

// leastSigning is how many characters a signing secret has at least.
const leastSigning = 24

// signing is the key behind a signing secret: what follows whsec_ is base64, anything else counts as it stands.
func signing(secret string) ([]byte, bool) {
	if text, ok := strings.CutPrefix(secret, "whsec_"); ok {
		key, err := base64.StdEncoding.DecodeString(text)
		return key, err == nil && len(key) >= leastSigning
	}
	return []byte(secret), len(secret) >= leastSigning
}

func signingProblem(secret string) string {
	if _, ok := signing(secret); !ok {
		return fmt.Sprintf("is too short, or no base64 after whsec_: take %d random bytes, as `openssl rand -base64 32` makes them", leastSigning)
	}
	return ""
}

// Sign is the signature of a webhook as Standard Webhooks has it: HMAC-SHA256 over ID, timestamp and body.
func Sign(secret, id, timestamp string, body []byte) string {
	key, _ := signing(secret)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// hooked is the body of a webhook.
type hooked struct {
	Type      string  `json:"type"` // ml-connector.alert, .morning, .test
	Timestamp string  `json:"timestamp"`
	Data      Message `json:"data"`
}

// hook sends a message to a webhook, signed.
func (c Channel) hook(ctx context.Context, m Message) (string, error) {
	body, err := json.Marshal(hooked{"ml-connector." + m.Kind, m.At.UTC().Format("2006-01-02T15:04:05Z"), m})
	if err != nil {
		return "", connector.Errorf(connector.Internal, c.op(), "the message can't be written").Because(err)
	}
	at := strconv.FormatInt(c.Now.Unix(), 10) // of this attempt: receivers refuse what is old
	return c.post(ctx, c.Settings["url"], body, map[string]string{"webhook-id": m.ID, "webhook-timestamp": at, "webhook-signature": Sign(c.Secret, m.ID, at, body)})
}

// chat sends a message to a chat.
func (c Channel) chat(ctx context.Context, m Message) (string, error) {
	body, err := json.Marshal(map[string]string{"text": ChatText(m)})
	if err != nil {
		return "", connector.Errorf(connector.Internal, c.op(), "the message can't be written").Because(err)
	}
	return c.post(ctx, c.Secret, body, nil)
}

// unmarked takes the meaning from what chats take for markup, mentions and links.
var unmarked = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "@\u200b", "*", "∗", "_", "\u200b_", "~", "∼", "`", "ʼ", "[", "［", "]", "］", "|", "¦")

// ChatText writes a message for a chat. Of what it tells nothing is markup there; the links are ours.
func ChatText(m Message) string {
	var b strings.Builder
	b.WriteString(unmarked.Replace(line(m.Title)))
	for _, s := range m.Sections {
		if s.Title != "" {
			b.WriteString("\n\n" + unmarked.Replace(line(s.Title)))
		}
		for _, i := range s.Items {
			b.WriteString("\n• " + stateWord(i.State) + unmarked.Replace(line(i.Text)))
			if i.Hint != "" && i.State != StateOver {
				b.WriteString("\n   " + unmarked.Replace(line(i.Hint)))
			}
			if u, err := url.Parse(i.URL); err == nil && i.URL != "" && !strings.ContainsAny(i.URL, "<>|\r\n ") {
				b.WriteString("\n   " + u.String())
			}
		}
	}
	return b.String()
}

// mostAnswer is how much of an answer is read.
const mostAnswer = 4 << 10

func (c Channel) post(ctx context.Context, to string, body []byte, header map[string]string) (string, error) {
	outside, err := wire.NewOutside(c.Allow, c.CA)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return "", connector.Errorf(connector.Misconfigured, c.op(), "its address can't be used") // the cause would quote it
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "ml-connector")
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := outside.Client(sendTime).Do(req)
	if err != nil {
		if u, ok := err.(*url.Error); ok { // its text has the address
			err = u.Err
		}
		return "", c.unreachable(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, mostAnswer)) // a part will do
	answer := c.answered(fmt.Sprintf("%d %s %s", resp.StatusCode, http.StatusText(resp.StatusCode), c.said(string(text))))
	return answer, c.refusal(resp, answer)
}

func (c Channel) refusal(resp *http.Response, answer string) error {
	switch s := resp.StatusCode; {
	case s >= 200 && s < 300:
		return nil
	case s >= 300 && s < 400:
		return connector.Errorf(connector.Misconfigured, c.op(), "it leads elsewhere (%d), and nothing is sent there", s).Advise("Give the address where it ends.")
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return connector.Errorf(connector.Credentials, c.op(), "it refuses us: %q", answer).Advise("Give the channel's present secret, and `apply`.")
	case s == http.StatusTooManyRequests || s == http.StatusRequestTimeout:
		return connector.Errorf(connector.Throttled, c.op(), "it puts us off: %q", answer).Advise("It is tried again by itself.")
	case s >= 500:
		return connector.Errorf(connector.Unavailable, c.op(), "it fails: %q", answer).Advise("It is tried again by itself.")
	}
	return connector.Errorf(connector.Rejected, c.op(), "it refuses the message: %q", answer).Advise("Look at the address of the channel.")
}
