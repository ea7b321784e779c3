package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// deepest is how many objects and lists may stand in each other.
const deepest = 32

// strictly reads JSON that says each thing once: no name twice in an object, nothing after its end, no depth without end, no byte that
// is not UTF-8. What is unknown is refused by the schema.
func strictly(text []byte, into any) error {
	if !utf8.Valid(text) {
		return fmt.Errorf("it is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := once(d, deepest); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("something stands after its end, at byte %d", d.InputOffset())
	}
	return huma.DefaultJSONFormat.Unmarshal(text, into)
}

// once passes over one value.
func once(d *json.Decoder, depth int) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, nested := token.(json.Delim)
	if !nested {
		return nil
	}
	if depth == 0 {
		return fmt.Errorf("more than %d objects and lists stand in each other", deepest)
	}
	names := map[string]bool{}
	for d.More() {
		if open == '{' {
			token, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := token.(string)
			if names[name] {
				return fmt.Errorf("the name %q stands twice in one object, at byte %d", name, d.InputOffset())
			}
			names[name] = true
		}
		if err := once(d, depth-1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
