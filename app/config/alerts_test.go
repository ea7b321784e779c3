package config

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/alert"
)

const alerted = good + `alerts:
  channels:
    mail:
      type: email
      settings: {host: smtp.example.com, username: mlc, from: mlc@example.com, to: [ap@example.com, boss@example.com]}
      secrets: {password: env:SMTP}
    pager: {type: webhook, settings: {url: "https://a.example.com/in"}, secrets: {secret: env:HOOK}}
    chat: {type: slack, secrets: {url: env:CHAT}}
  held: {count: 10, age: 36h, money: {USD: 10000.50, EUR: 7}}
  no_good_run: 2h
  expires: 30d
  repeat: 12h
  quiet: {from: "22:00", to: "06:30", time_zone: Europe/Vienna}
  morning: {at: "07:00", time_zone: Europe/Vienna, channels: [mail, chat]}
`

// alertWorld is a world whose secrets of channels are there.
func alertWorld(t *testing.T, text string) world {
	w := newWorld(t, text)
	w.env["SMTP"], w.env["HOOK"], w.env["CHAT"] = "not-a-real-password", strings.Repeat("s", 32), "https://hooks.example.com/not-a-real-secret"
	return w
}

func TestAlertsAreRead(t *testing.T) {
	t.Parallel()
	w := alertWorld(t, alerted)
	f, err := Read(w.path, w.known)
	if err != nil {
		t.Fatal(err)
	}
	want := alert.Rules{HeldCount: 10, HeldAge: 36 * time.Hour, HeldMoney: map[string]string{"USD": "10000.50", "EUR": "7"}, NoGoodRun: 2 * time.Hour, Expires: 30 * 24 * time.Hour, Repeat: 12 * time.Hour,
		Quiet: &alert.Quiet{From: 22 * 60, To: 6*60 + 30, Zone: "Europe/Vienna"}, Morning: &alert.Morning{At: 7 * 60, Zone: "Europe/Vienna", Channels: []string{"mail", "chat"}}}
	if !reflect.DeepEqual(f.Alerts.Rules, want) {
		t.Errorf("%+v", f.Alerts.Rules)
	}
	mail := f.Alerts.Channels[0]
	if len(f.Alerts.Channels) != 3 || mail.Settings["to"] != "ap@example.com, boss@example.com" || string(mail.Secret.Value) != "not-a-real-password" {
		t.Errorf("%+v", f.Alerts.Channels)
	}
	var out strings.Builder
	if err := Write(&out, Exported{Alerts: *f.Alerts}); err != nil || strings.Contains(out.String(), "not-a-real") {
		t.Fatalf("%v\n%s", err, out.String())
	}
	w.env["ALERT_MAIL_PASSWORD"], w.env["ALERT_PAGER_SECRET"], w.env["ALERT_CHAT_URL"] = w.env["SMTP"], w.env["HOOK"], w.env["CHAT"]
	again, err := Parse("export", []byte(out.String()), w.dir, w.known)
	if err != nil || !reflect.DeepEqual(again.Alerts.Rules, f.Alerts.Rules) || len(again.Alerts.Channels) != 3 || again.Alerts.Channels[1].Settings["to"] != mail.Settings["to"] && again.Alerts.Channels[0].Settings["to"] != mail.Settings["to"] {
		t.Errorf("read back: %v\n%s", err, out.String())
	}
}

func TestMistakesInAlertsAreToldWithTheirPlace(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ old, new, says string }{
		"an unknown key":                  {"  no_good_run: 2h", "  no_run: 2h", "alerts.no_run is not known here"},
		"a kind that is none":             {"type: slack", "type: slak", `:35: alerts.channels.chat.type is "slak", which is not known; did you mean slack?`},
		"no kind":                         {"type: slack, ", "", ":35: alerts.channels.chat needs `type`"},
		"an unknown setting":              {"username: mlc", "user: mlc", ":32: alerts.channels.mail.settings.user is not known here"},
		"no host":                         {"host: smtp.example.com, ", "", "alerts.channels.mail.settings.host is missing"},
		"a reader that is none":           {"boss@example.com", "boss", "alerts.channels.mail.settings.to has what is no e-mail address"},
		"a webhook in clear":              {"https://a.example.com/in", "http://a.example.com/in", "alerts.channels.pager.settings.url must be https"},
		"the secret itself":               {"env:HOOK", "whsec_hunter2hunter2", "alerts.channels.pager.secrets.secret must be env:NAME or file:PATH"},
		"a secret of another kind":        {"{secret: env:HOOK}", "{password: env:HOOK}", "alerts.channels.pager.secrets.password is not known here"},
		"no secret":                       {", secrets: {secret: env:HOOK}", "", "alerts.channels.pager.secrets.secret is missing"},
		"a variable that is not there":    {"env:HOOK", "env:NOWHERE", "alerts.channels.pager.secrets.secret"},
		"a signing secret that is short":  {"env:HOOK", "env:SHORT", "alerts.channels.pager.secrets.secret is too short"},
		"an authority that is not there":  {"username: mlc", "tls_ca: nowhere.pem", "alerts.channels.mail.settings.tls_ca names a file that can't be read"},
		"a count of nothing":              {"count: 10", "count: 0", "alerts.held.count must be a whole number, 1 or more"},
		"money without a currency":        {"USD: 10000.50", "dollars: 10", "alerts.held.money.dollars must be an amount of a currency"},
		"money that is none":              {"USD: 10000.50", "USD: much", "alerts.held.money.USD must be an amount of a currency"},
		"a duration that is none":         {"no_good_run: 2h", "no_good_run: soon", "alerts.no_good_run must be a duration"},
		"a duration of nothing":           {"repeat: 12h", "repeat: 0s", "alerts.repeat must be a duration"},
		"a time of day that is none":      {`at: "07:00"`, `at: "25:00"`, "alerts.morning.at must be a time of day"},
		"a time zone that is none":        {`to: "06:30", time_zone: Europe/Vienna`, `to: "06:30", time_zone: Vienna`, "alerts.quiet.time_zone must be a time zone"},
		"quiet hours without a time zone": {`to: "06:30", time_zone: Europe/Vienna`, `to: "06:30"`, "alerts.quiet needs from, to and time_zone"},
		"a morning for nobody":            {", channels: [mail, chat]", "", "alerts.morning needs at, time_zone and channels"},
		"a morning for a stranger":        {"channels: [mail, chat]", "channels: [nobody]", "alerts.morning.channels names nobody, which is no channel"},
		"the name of a channel":           {"    pager:", "    \"a b\":", "is not a name"},
	} {
		if !strings.Contains(alerted, row.old) {
			t.Errorf("%s: there is no %q", name, row.old)
		}
		w := alertWorld(t, strings.Replace(alerted, row.old, row.new, 1))
		w.env["SHORT"] = "hunter2"
		_, err := Read(w.path, w.known)
		if e := connector.AsError(err); e == nil || e.Code != connector.Invalid || !strings.Contains(e.Message, row.says) || strings.Contains(e.Message, "hunter2") || strings.Contains(e.Message, "hooks.example.com") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheManualsAlertsCanBeApplied reads the example of docs/alerts.md.
func TestTheManualsAlertsCanBeApplied(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	w := alertWorld(t, good)
	w.env["SMTP_PASSWORD"], w.env["HOOK_SECRET"], w.env["CHAT_URL"] = w.env["SMTP"], w.env["HOOK"], w.env["CHAT"]
	if f, err := Parse("alerts.md", []byte(example), w.dir, w.known); !ok || err != nil || len(f.Alerts.Channels) != 3 || f.Alerts.Rules.Morning == nil {
		t.Errorf("%v", err)
	}
}
