package mapping

import (
	"bytes"
	"fmt"
)

// Bounds of a YAML text. The parser's time and memory grow with the square of the nesting, so that a few kilobytes of brackets would
// take all of a machine's; people's own files stay far below.
const (
	MostRules   = 256 << 10 // bytes of the rules of one Flow
	mostNested  = 64        // brackets and braces that are open at a time, wherever they stand
	mostIndent  = 200       // columns before the first letter of a line
	mostMarkers = 16        // of lists, keys, anchors, tags and aliases that one line begins with
)

// Bounded says what keeps a YAML text from being handed to the parser: it is longer than most bytes, or nested too deep. It is one pass.
func Bounded(text []byte, most int) error {
	if len(text) > most {
		return fmt.Errorf("line 1: the text has %d bytes, more than %d", len(text), most)
	}
	open, line := 0, 0
	for l := range bytes.Lines(text) {
		line++
		for part := range bytes.SplitSeq(l, []byte{'\r'}) { // a line break, too
			if markers, indent := begins(part); indent > mostIndent || markers > mostMarkers {
				return fmt.Errorf("line %d: it is nested too deep", line)
			}
		}
		for _, b := range l {
			switch b {
			case '[', '{':
				if open++; open > mostNested {
					return fmt.Errorf("line %d: more than %d brackets are open", line, mostNested)
				}
			case ']', '}':
				open = max(open-1, 0)
			}
		}
	}
	return nil
}

// begins counts what a line begins with before its first value: markers of lists, keys, anchors and tags, and columns.
func begins(line []byte) (markers, indent int) {
	for indent < len(line) {
		switch b := line[indent]; {
		case b == ' ' || b == '\t' || b == '\n':
			indent++
		case (b == '-' || b == '?') && indent+1 < len(line) && (line[indent+1] == ' ' || line[indent+1] == '\t'):
			markers++
			indent++
		case b == '&' || b == '!' || b == '*':
			markers++
			for indent < len(line) && line[indent] != ' ' {
				indent++
			}
		default:
			return markers, indent
		}
	}
	return markers, 0 // nothing but blanks
}
