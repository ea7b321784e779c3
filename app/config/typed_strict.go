package config

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"

	connector "ml-connector"
	"ml-connector/mapping"
)

const unseen = "has a character that can't be seen"

// breaking says whether a character could end a line for one reader of YAML and not for another one: what follows it would leave the tree it
// stands in. A tree has \n (or \r\n) and tabs alone.
func breaking(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\u2028' || r == '\u2029'
}

// strange tells each typed setting that no form may set: one that the System does not have, or that only the configuration file may set. None
// is passed over: who sent it would think that it counts. What is blank is not given.
func (t Typed) strange() (out Typos) {
	var names []string
	for _, s := range append(t.System.Describe().Settings, connector.CommonSettings()...) {
		names = append(names, s.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(t.Settings)) {
		switch {
		case t.stays(name):
		case OnServer(name):
			out = append(out, Typo{"settings." + name, "names a file of the server: only the configuration file may set it"})
		case !slices.Contains(names, name):
			out = append(out, Typo{"settings." + name, "is not known" + mapping.DidYouMean(name, names)})
		}
	}
	return out
}

// stays says whether a setting is sent back as it is stored, as what shows all of them does; nothing is set by that.
func (t Typed) stays(name string) bool {
	text := strings.TrimSpace(t.Settings[name])
	return text == "" || text == t.Kept[name]
}

// untyped tells each key of what is read that was not typed as a setting. There should be none: it is the second lock behind [breaking].
func (t Typed) untyped(root node) (out Typos) {
	root.found = &problems{} // what is wrong with the keys is told where they are read
	for _, e := range root.entries() {
		if strings.TrimSpace(t.Settings[e.key]) == "" || OnServer(e.key) {
			return Typos{{"settings." + treeOf(t.System), "has a line that leaves it"}}
		}
	}
	return nil
}

// badLinks tells the templates of links (profile.links, by Kind) that lead to no page: a person clicks on them.
// What is stored already is not told again: it would keep a secret from being replaced.
func (t Typed) badLinks(settings connector.Settings) (out Typos) {
	links, stored := linksOf(settings), linksOf(t.Stored)
	for _, kind := range slices.Sorted(maps.Keys(links)) {
		text, isText := links[kind].(string)
		if !isText || text == "" || text == stored[kind] { // another form is told by the System
			continue
		}
		if !leadsToAPage(text) {
			out = append(out, Typo{"settings.profile", "links." + kind + " must be an address such as https://erp.example.com/invoices/{id}"})
		}
	}
	return out
}

func linksOf(settings connector.Settings) map[string]any {
	tree, _ := settings["profile"].(map[string]any)
	links, _ := tree["links"].(map[string]any)
	return links
}

// leadsToAPage says whether a template is one of an address of the web: {id} may stand anywhere but in its host.
func leadsToAPage(template string) bool {
	u, err := url.Parse(strings.NewReplacer("{", "", "}", "").Replace(template))
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return false
	}
	host := template[len(u.Scheme)+len("://"):]
	if end := strings.IndexAny(host, "/?#"); end >= 0 {
		host = host[:end]
	}
	return !strings.ContainsAny(host, "{}")
}
