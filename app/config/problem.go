package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	connector "ml-connector"
)

// problem is one mistake in the file, or in a file that it names.
type problem struct {
	file string
	line int
	key  string // dotted path, "" for the file as a whole
	text string // what is wrong, and after ": " or "; " what to do
}

func (p problem) String() string {
	if p.key == "" {
		return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.text)
	}
	return fmt.Sprintf("%s:%d: %s %s", p.file, p.line, p.key, p.text)
}

// problems collects what is wrong with one file.
type problems struct {
	file string
	list []problem
}

func (p *problems) add(line int, key, format string, args ...any) {
	p.list = append(p.list, problem{file: p.file, line: line, key: key, text: fmt.Sprintf(format, args...)})
}

// none tells a file that says nothing: it was emptied, or it is another one than was meant.
func (p *problems) none(entries []entry) {
	if len(entries) == 0 && len(p.list) == 0 {
		p.add(1, "", "has none of the keys of a configuration: %s", strings.Join(topKeys, ", "))
	}
}

// inside tells each mistake of another file. Its reader joins them, one a line, each beginning with "line N: ".
func (p *problems) inside(file string, err error) {
	cause := connector.AsError(err).Cause
	if cause == nil {
		cause = err
	}
	for text := range strings.Lines(cause.Error()) {
		q := problem{file: file, line: 1, text: strings.TrimSpace(text)}
		if n, _ := fmt.Sscanf(text, "line %d: ", &q.line); n == 1 {
			_, q.text, _ = strings.Cut(q.text, ": ")
		}
		p.list = append(p.list, q)
	}
}

// has says whether anything at or under a key is wrong already.
func (p *problems) has(key string) bool {
	return slices.ContainsFunc(p.list, func(q problem) bool { return q.key == key || strings.HasPrefix(q.key, key+".") })
}

// err is one Error of class invalid with a line for each problem, in the order of the file; nil when there is none.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b problem) int {
		if a.file != b.file { // what stands in other files comes last
			return cmp.Compare(btoi(a.file != p.file), btoi(b.file != p.file))
		}
		return cmp.Compare(a.line, b.line)
	})
	lines := make([]string, 0, len(p.list))
	for _, q := range p.list {
		lines = append(lines, q.String())
	}
	return connector.Errorf(connector.Invalid, "read "+filepath.Base(p.file), "%s", strings.Join(lines, "\n")).
		Advise("Nothing was changed. Correct the file and try again.")
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
