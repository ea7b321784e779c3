package cases

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"ml-connector/mapping"
)

// strict refuses text that is no JSON group, and keys that nobody knows or that stand twice. Its error names every line.
func strict(text []byte, allowed keys) error {
	s := scan{text: text, at: json.NewDecoder(bytes.NewReader(text)), lines: map[string]int{}, allowed: allowed}
	if err := s.value(""); err != nil {
		return fmt.Errorf("line %d: it is not JSON: %w", s.lineAt(offset(err, s.at.InputOffset())), err)
	}
	if _, err := s.at.Token(); !errors.Is(err, io.EOF) {
		s.wrong("", "there is more behind the end")
	}
	if s.group == 0 {
		s.wrong("", "must be a group: {…}")
	}
	if len(s.errs) > 0 {
		return joined(s.errs)
	}
	return nil
}

// places are the lines of all keys, by their paths.
func places(text []byte) (map[string]int, error) {
	s := scan{text: text, at: json.NewDecoder(bytes.NewReader(text)), lines: map[string]int{}}
	err := s.value("")
	return s.lines, err
}

func offset(err error, otherwise int64) int64 {
	if bad, ok := errors.AsType[*json.SyntaxError](err); ok {
		return bad.Offset
	}
	return otherwise
}

// scan goes through JSON and knows at which line it is.
type scan struct {
	text    []byte
	at      *json.Decoder
	lines   map[string]int
	allowed keys
	group   int // groups seen
	errs    []error
}

func (s *scan) lineAt(offset int64) int {
	return 1 + bytes.Count(s.text[:min(max(offset, 0), int64(len(s.text)))], []byte("\n"))
}

func (s *scan) wrong(path, format string, args ...any) {
	if path != "" {
		path += ": "
	}
	s.errs = append(s.errs, fmt.Errorf("line %d: %s%s", s.lineAt(s.at.InputOffset()), path, fmt.Sprintf(format, args...)))
}

func (s *scan) value(path string) error {
	t, err := s.at.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		s.group++
		return s.members(path)
	case json.Delim('['):
		for s.at.More() {
			if err := s.value(path + "[]"); err != nil {
				return err
			}
		}
		_, err = s.at.Token()
	}
	return err
}

func (s *scan) members(path string) error {
	known := s.known(path)
	seen := map[string]bool{}
	for s.at.More() {
		t, err := s.at.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		inner := strings.TrimPrefix(path+"."+key, ".")
		s.lines[inner] = s.lineAt(s.at.InputOffset())
		switch {
		case seen[key]:
			s.wrong(inner, "stands twice")
		case known != nil && !slices.Contains(known, key):
			s.wrong(inner, "unknown key%s; known are %s", mapping.DidYouMean(key, known), strings.Join(known, ", "))
		}
		seen[key] = true
		if err := s.value(inner); err != nil {
			return err
		}
	}
	_, err := s.at.Token()
	return err
}

// known are the keys that a group may have; nil = any.
func (s *scan) known(path string) []string {
	if k, ok := s.allowed[path]; ok {
		return k
	}
	if at := strings.IndexByte(path, '.'); at >= 0 && !strings.Contains(path[at+1:], ".") {
		return s.allowed[path[:at]+".*"]
	}
	return nil
}
