package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
)

func (p *program) connectionRequirements() *cobra.Command {
	c := p.onNamed("requirements NAME", "What the other system's administrators must build and grant, ready to send", func(c *cobra.Command, a verbs, name string) error {
		r, err := a.Requirements(c.Context(), name)
		if err != nil {
			return err
		}
		switch {
		case p.format == "json":
			return p.object(r)
		case p.format == "csv":
			return list(p, of(requirementLines(r)), []string{"group", "name", "fact", "value"}, func(l [4]string) []string { return l[:] })
		case len(r.Items) == 0:
			p.say("%s asks for nothing to be built", r.Title)
			return nil
		}
		p.print(requirementsText(r))
		return nil
	})
	c.Long = `What the administrators of the other system must build and grant for the enabled flows of a connection (for all flows that
are shipped, when none is enabled): plain text that can be mailed as it is. It goes by the settings in force; nothing is called.`
	return c
}

// requirementLines are one line for each value.
func requirementLines(r app.Requirements) [][4]string {
	var out [][4]string
	for _, q := range r.Items {
		add := func(fact, value string) { out = append(out, [4]string{q.Group, q.Name, fact, value}) }
		add("purpose", q.Purpose)
		add("flows", strings.Join(q.Flows, " "))
		add("without", q.Without)
		for _, f := range q.Facts {
			for _, v := range f.Values {
				add(f.Name, v)
			}
		}
		add("text", q.Text)
	}
	return out
}

// requirementsText is a letter: what is to be built, group by group, numbered.
func requirementsText(r app.Requirements) string {
	var b strings.Builder
	line := func(indent int, text string) {
		b.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+text, " ") + "\n")
	}
	line(0, "What "+r.Title+" must have for the connection "+clean(r.Connection))
	line(0, "Flows: "+strings.Join(r.Flows, ", "))
	if r.Assumed {
		line(0, "(No flow of this connection is enabled, so all that are shipped were taken.)")
	}
	group := ""
	for n, q := range r.Items {
		if q.Group != group {
			group = q.Group
			line(0, "")
			line(0, strings.ToUpper(group))
		}
		line(0, "")
		line(0, strconv.Itoa(n+1)+". "+q.Name)
		writeRequirement(line, q)
	}
	return strings.TrimRight(b.String(), "\n")
}

func writeRequirement(line func(int, string), q connector.Requirement) {
	paragraph(line, 3, q.Purpose)
	line(3, "Needed by "+strings.Join(q.Flows, ", ")+".")
	if q.Without != "" {
		paragraph(line, 3, "Can be left out; then "+q.Without+".")
	}
	for _, f := range q.Facts {
		if len(f.Values) == 1 && len(f.Name)+len(f.Values[0]) < 90 {
			line(3, f.Name+": "+f.Values[0])
			continue
		}
		line(3, f.Name+":")
		for _, v := range f.Values {
			paragraph(line, 6, v)
		}
	}
	if q.Text != "" {
		line(0, "")
		for l := range strings.SplitSeq(q.Text, "\n") {
			line(3, l)
		}
	}
}

// paragraph writes a text on lines that a mail keeps; what goes on is set in by two more.
func paragraph(line func(int, string), indent int, text string) {
	const width = 100
	had := ""
	for w := range strings.SplitSeq(text, " ") {
		if had != "" && indent+len(had)+1+len(w) > width {
			line(indent, had)
			had = " "
		}
		if had != "" {
			had += " "
		}
		had += w
	}
	line(indent, had)
}
