package peoplesoft_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/peoplesoft"
	"ml-connector/peoplesoft/peoplesoftsim"
)

// witness keeps requests and answers as bytes, once it is told to.
type witness struct {
	sim *peoplesoftsim.Server
	on  bool
	out bytes.Buffer
}

func (c *witness) Call(ctx context.Context, r connector.Request) (*connector.Response, error) {
	resp, err := inProcess{c.sim}.Call(ctx, r)
	if err == nil && c.on {
		fmt.Fprintf(&c.out, "%s\n%s\n< %d %s\n\n%s\n\n", head(r), r.Body, resp.Status, resp.Header["Content-Type"], resp.Body)
	}
	return resp, err
}

// TestWritesOnTheWire holds every write, in every transport, against golden exchanges: the requests that it comes to and the
// answers as bytes, and what the client makes of them; and one that PeopleSoft refuses. `go test ./peoplesoft -run
// TestWritesOnTheWire -update` records them anew from the simulator; a person reads the difference.
func TestWritesOnTheWire(t *testing.T) {
	t.Parallel()
	for _, x := range ways() {
		for _, operation := range append(operationsOf(x.kind), "refused") {
			t.Run(x.name+", "+operation, func(t *testing.T) {
				t.Parallel()
				w := &world{t: t, company: company(), now: wireNow}
				w.sim = small(t, peoplesoftsim.Options{Site: x.site})
				c := &witness{sim: w.sim}
				w.i = witnessed(t, c, x.edits)
				d := &driver{world: w, kind: x.kind, number: "0000001", about: operation}
				begin := operation
				if operation == "refused" {
					begin = "new"
				}
				d.begin(begin)
				if operation == "refused" {
					spoil(d.write.Document)
				}
				c.on = true
				r, err := w.i.(connector.Sink).Write(t.Context(), d.write)
				fmt.Fprintf(&c.out, "= %s %q %q repeated %v\n", r.ID, r.Numbers, r.Warnings, r.Repeated)
				if r.Life != nil {
					fmt.Fprintf(&c.out, "= %s: %s\n", r.Life.Stage, r.Life.Reason)
				}
				if err != nil {
					fmt.Fprintf(&c.out, "= %s: %s\n= %s\n", connector.CodeOf(err), err, connector.AsError(err).Hint)
				}
				compareWire(t, strings.NewReplacer(" ", "_", ",", "").Replace(x.name+"_"+operation), c.out.Bytes())
			})
		}
	}
}

// spoil makes a Document one that PeopleSoft refuses at once, and not by its sums.
func spoil(d connector.Document) {
	switch {
	case d["PO_LINE"] != nil:
		d["BUYER_ID"] = "NOBODY"
	case d["NAME1"] != nil:
		d["VENDOR_STATUS"] = "?"
	default:
		d["VOUCHER_STYLE"] = "ODD"
	}
}

func compareWire(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "writes", name+".txt")
	if rewrite() {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: on the wire\n%s\nthe file has\n%s", name, got, want)
	}
}

func witnessed(t *testing.T, c connector.Caller, edits []any) connector.Instance {
	t.Helper()
	s := connector.Settings{"host": "localhost", "port": int64(80), "tls": false, "node": "PSFT_EP", "username": "JGR_SVC", "time_zone": company().TimeZone, "business_units": []any{"US001"}}
	for n := 0; n < len(edits); n += 2 {
		set(s, edits[n].(string), edits[n+1])
	}
	v := peoplesoft.New().Validate(s)
	if len(v.Problems) > 0 {
		t.Fatalf("%+v", v.Problems)
	}
	i, err := peoplesoft.New().Open(connector.Opening{Connection: "erp", Settings: v.Settings, Caller: c, Now: func() time.Time { return wireNow }, Secrets: map[string]string{"password": peoplesoftsim.DefaultUser().Password}})
	if err != nil {
		t.Fatal(err)
	}
	return i
}
