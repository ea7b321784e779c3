package jaggaer

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
)

const (
	keycloakPath = "/auth/realms/J1p-integrations/protocol/openid-connect/token" // JAGGAER.md §2.1
	legacyPath   = "/esop/jint/api/public/v1/tokens"                             // JAGGAER.md §2.5
)

// Validate fills in the defaults, the whole profile among them, and names everything that is wrong.
func (system) Validate(given connector.Settings) connector.Validation {
	c := settingsCheck{in: given, out: connector.Settings{}}
	known := append(settings(), connector.CommonSettings()...)
	names := map[string]bool{}
	for _, s := range known {
		names[s.Name] = true
		c.setting(s)
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !names[name] {
			c.complain(name, "is not a setting of a JAGGAER Connection")
		}
	}
	profile, problems := wholeProfile(given["profile"])
	c.problems = append(c.problems, problems...)
	c.out["profile"] = profile
	c.addresses()
	c.profileLimits()
	if c.out["receive"] == true && c.text("identity") == "" {
		c.complain("identity", "is required with receive: what JAGGAER pushes carries it")
	}
	opts := optionsFrom(c.out)
	return connector.Validation{
		Settings: c.out, Addresses: c.origins, Problems: c.problems, Warnings: idle(opts),
		TLS: connector.TLSFiles{CA: c.text("tls_ca"), Cert: c.text("tls_cert"), Max: opts.profile.text("rest", "tls_max_version")},
	}
}

type settingsCheck struct {
	in, out  connector.Settings
	origins  []string
	problems []connector.SettingProblem
}

func (c *settingsCheck) complain(path, format string, args ...any) {
	c.problems = append(c.problems, connector.SettingProblem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (c *settingsCheck) text(name string) string {
	s, _ := c.out[name].(string)
	return s
}

// setting takes one setting over in its form; an absent one gets its default, if it has one.
func (c *settingsCheck) setting(s connector.Setting) {
	v, has := c.in[s.Name]
	if !has || v == nil || v == "" {
		if s.Required {
			c.complain(s.Name, "is required: %s", s.Help)
		}
		if s.Default == "" {
			return
		}
		v = s.Default
	}
	switch s.Type {
	case connector.SettingTree:
		return // wholeProfile's business
	case connector.SettingInt:
		n, ok := whole(v)
		if text, isText := v.(string); isText {
			parsed, err := strconv.ParseInt(text, 10, 64)
			n, ok = parsed, err == nil
		}
		if !ok || n < 1 {
			c.complain(s.Name, "must be a whole number, 1 or more")
			return
		}
		c.out[s.Name] = n
	case connector.SettingBool:
		switch v {
		case true, "true":
			c.out[s.Name] = true
		case false, "false":
			c.out[s.Name] = false
		default:
			c.complain(s.Name, "must be true or false")
		}
	case connector.SettingDuration:
		text := scalar(v)
		if _, ok := duration(text); !ok {
			c.complain(s.Name, "must be a duration such as 60s, 10m or 7d, not %s", describe(v))
			return
		}
		c.out[s.Name] = text
	default:
		c.word(s, v)
	}
}

func (c *settingsCheck) word(s connector.Setting, v any) {
	text := strings.TrimSpace(scalar(v))
	if text == "" {
		c.complain(s.Name, "must be a text, not %s", describe(v))
		return
	}
	if len(s.Values) > 0 && !slices.Contains(s.Values, text) {
		c.complain(s.Name, "must be one of %s, not %q", strings.Join(s.Values, ", "), text)
		return
	}
	c.out[s.Name] = text
}

// addresses checks the three URLs, takes trailing slashes off and lists the origins that may be called.
func (c *settingsCheck) addresses() {
	_, given := c.out["token_url"]
	if !given && c.text("url") != "" {
		path := keycloakPath
		if optionsFrom(c.out).profile.text("rest", "token_style") == "legacy" {
			path = legacyPath
		}
		c.out["token_url"] = strings.TrimRight(c.text("url"), "/") + path
	}
	for _, name := range []string{"url", "token_url", "xml_url"} {
		raw := c.text(name)
		if raw == "" {
			continue
		}
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
			if given || name != "token_url" { // a derived one is as wrong as url, which is told already
				c.complain(name, "must be an address of the form https://host[:port], without user, query or fragment")
			}
			continue
		}
		if name != "token_url" {
			c.out[name] = strings.TrimRight(raw, "/")
		}
		if o := origin(u); !slices.Contains(c.origins, o) {
			c.origins = append(c.origins, o)
		}
	}
}

// origin is scheme://host:port with the port written out.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	host := u.Hostname()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return u.Scheme + "://" + strings.ToLower(host) + ":" + port
}

// profileLimits checks what the form of a key alone doesn't say.
func (c *settingsCheck) profileLimits() {
	o := optionsFrom(c.out)
	for _, limit := range []struct {
		path     []string
		from, to int64
	}{
		{[]string{"rest", "start_base"}, 0, 1}, {[]string{"rest", "page_overlap"}, 0, 1}, {[]string{"rest", "max_attempts"}, 1, 20},
		{[]string{"cfv_batch"}, 1, 10000},
	} {
		if n := int64(o.profile.int(limit.path...)); n < limit.from || n > limit.to {
			c.complain("profile."+strings.Join(limit.path, "."), "must be between %d and %d", limit.from, limit.to)
		}
	}
	for field, template := range o.templates {
		if strings.Count(template, "{value}") != 1 {
			c.complain("profile.value_templates."+field, "must hold {value} once")
		}
	}
	for name, names := range map[string][]string{"payment": templateNames, "cfv": valueNames} {
		if problem := templateProblem(o.profile.text("xml", "templates", name), names); problem != "" {
			c.complain("profile.xml.templates."+name, "%s", problem)
		}
	}
	c.fileLimits(o.profile)
	layout := o.profile.text("rest", "filter_time_format")
	if at := time.Date(2026, 3, 1, 8, 12, 33, 0, time.UTC); layout != "" && at.Format(layout) == layout {
		c.complain("profile.rest.filter_time_format", "must be a layout of the reference time 2006-01-02T15:04:05.000Z")
	}
	c.fieldProblems(o.profile)
	for _, name := range []string{"po", "invoice", "requisition", "supplier", "cfv"} {
		for _, attribute := range []string{"module", "path", "list_key", "item_key", "id"} {
			if o.profile.text("entities", name, attribute) == "" {
				c.complain("profile.entities."+name+"."+attribute, "must not be blank")
			}
		}
	}
}

// duration reads 90s, 10m, 1h30m and days (7d).
func duration(s string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err == nil
	}
	d, err := time.ParseDuration(s)
	return d, err == nil && d >= 0
}
