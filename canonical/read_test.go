package canonical

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"testing"
)

// theirs reads one object as encoding/json does.
func theirs(text []byte) (map[string]any, bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out map[string]any
	if d.Decode(&out) != nil || out == nil {
		return nil, false
	}
	_, err := d.Token()
	return out, errors.Is(err, io.EOF)
}

func TestReadLeavesToEncodingJSONWhatIsOdd(t *testing.T) {
	t.Parallel()
	for text, read := range map[string]bool{
		`{}`: true, ` { "a" : [ 1 , -2.50 , 0, true, false, null, "x", {} , [] ] } `: true,
		`{"a":"Müller \"& Söhne\" \\ \/ \n\t\b\f\r 😀"}`: true, `{"a":1,"a":2}`: true,
		`{"a":"\u00fc"}`: false, `{"a":1e3}`: false, "{\"a\":\"\xff\"}": false, "{\"a\":\"\n\"}": false,
		`null`: false, `[]`: false, `{"a":01}`: false, `{"a":-}`: false, `{"a":1.}`: false, `{"a":tru}`: false, `{"a"}`: false, `{"a":1,}`: false,
		`{"a":[1,]}`: false, `{"a":1} x`: false, `{"a":"x`: false, `{"a":"\`: false, `{`: false, ``: false, `{"a":nullx}`: false,
	} {
		got, ok := Read([]byte(text), true)
		if ok != read {
			t.Errorf("%s: read is %t", text, ok)
		}
		if want, valid := theirs([]byte(text)); ok && (!valid || !reflect.DeepEqual(got, want)) {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
}

func TestNumbersAreReadWhenTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	if _, ok := Read([]byte(`{"a":["x",1]}`), false); ok {
		t.Error("a number was read")
	}
	if got, ok := Read([]byte(`{"a":["x","1"]}`), false); !ok || !reflect.DeepEqual(got, map[string]any{"a": []any{"x", "1"}}) {
		t.Errorf("%v, %t", got, ok)
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{`{"a":[1,-2.50,true,null,"x\n",{"ü":"é"}]}`, `{"a":{"b":{}},"a":0}`, `{"a":"\u00fc"}`, `{"a":1e3}`, "{\"a\":\"\xff\"}", `{"a":00}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := Read(text, true)
		if want, valid := theirs(text); ok && (!valid || !reflect.DeepEqual(got, want)) {
			t.Errorf("%q is %v, want %v (%t)", text, got, want, valid)
		}
	})
}
