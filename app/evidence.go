package app

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"time"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// EvidenceEntry is an Entry in a pack of evidence, with the hash of the one before it: so its own hash can be reckoned again, though
// Entries about other Records stand between.
type EvidenceEntry struct {
	connector.Entry
	Previous string `json:"previous_hash"`
}

// EvidenceManifest says what is in a pack of evidence.
type EvidenceManifest struct {
	Record string         `json:"record"`
	MadeAt time.Time      `json:"made_at"`
	MadeBy string         `json:"made_by"`
	Ledger EvidenceHead   `json:"ledger"` // its end when the pack was made
	Files  []EvidenceFile `json:"files"`
}

// EvidenceHead is the end of the ledger.
type EvidenceHead struct {
	Number int64  `json:"number"`
	Hash   string `json:"hash"`
}

// EvidenceFile is one file of a pack.
type EvidenceFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Names of files in a pack.
const (
	manifestFile = "manifest.json"
	entriesFile  = "ledger.jsonl"
)

const evidenceReadMe = `Evidence of one record
======================
record %s, taken by %s at %s

record.json        what is known of it: every version that was read, links, deliveries, what belongs with it
other-N.json       the same of each object that it is linked with
deliveries/        each delivery: its state, attempts, and what people noted
sent/              what was sent last by a delivery
exchanges/         each request and answer, as it was kept: secrets were replaced by stars before
ledger.jsonl       the entries of the ledger about it, one a line; previous_hash is the hash of the entry before each
manifest.json      size and SHA-256 of every file here, and the end of the ledger when this was taken

How to verify it, without the program that made it
1. Hold each file against its SHA-256 in manifest.json.
2. Reckon each entry's hash again: SHA-256 over previous_hash, a line break, and the entry as JSON without hash and previous_hash, its
   keys in the order number, time (with microseconds), actor, action, subject, run, delivery, exchange, details (keys sorted).
3. Take the same entries from an export of the whole ledger, or its head from wherever it was noted: that these hashes stand in it
   is what shows that nothing was written anew. 'ml-connector audit verify --file ledger-export.jsonl --expect HASH' does that for any
   hash of ledger.jsonl, and 'ml-connector audit verify --file THIS.zip' does steps 1 and 2.
`

// pack writes files into a zip, and notes what each is.
type pack struct {
	zip   *zip.Writer
	at    time.Time
	files []EvidenceFile
}

// file is what writes one file of a pack.
type file struct {
	w   io.Writer
	sum hash.Hash
	n   int64
}

func (f *file) Write(p []byte) (int, error) {
	f.sum.Write(p)
	n, err := f.w.Write(p)
	f.n += int64(n)
	return n, err
}

func (p *pack) add(name string, write func(io.Writer) error) error {
	w, err := p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: p.at})
	if err != nil {
		return err
	}
	f := &file{w: w, sum: sha256.New()}
	if err := write(f); err != nil {
		return err
	}
	p.files = append(p.files, EvidenceFile{Name: name, Size: f.n, SHA256: hex.EncodeToString(f.sum.Sum(nil))})
	return nil
}

func (p *pack) json(name string, v any) error {
	return p.add(name, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}

// Evidence writes all that is known of one Record as one zip: its Versions, Links, Deliveries, what was sent and said, masked, and
// the ledger's Entries with what it takes to reckon their hashes again. Only who may take the ledger away, and see what was said
// raw, may take it.
func (a *App) Evidence(ctx context.Context, text string, w io.Writer, by people.Actor) error {
	for _, needs := range []people.Permission{people.ExportLedger, people.ReadExchanges} {
		if err := by.May(needs); err != nil {
			return err
		}
	}
	row, err := a.FindRecord(ctx, text)
	if err != nil {
		return err
	}
	rec := row.Record
	head, err := a.DB.Entries(ctx, store.EntryFilter{Newest: true, Limit: 1})
	if err != nil {
		return err
	}
	p := &pack{zip: zip.NewWriter(w), at: a.Now().UTC()}
	m := EvidenceManifest{Record: rec.String(), MadeAt: p.at, MadeBy: by.Name}
	if len(head) > 0 {
		m.Ledger = EvidenceHead{head[0].Number, head[0].Hash}
	}
	if err := p.add("README.txt", func(w io.Writer) error {
		_, err := fmt.Fprintf(w, evidenceReadMe, m.Record, m.MadeBy, p.at.Format(time.RFC3339))
		return err
	}); err != nil {
		return err
	}
	detail, err := a.Record(ctx, rec.String())
	if err != nil {
		return err
	}
	subjects := []string{rec.String()}
	for n, l := range detail.Links {
		other := connector.Record{Connection: l.Connection, Kind: rec.Kind, ID: l.ID}
		d, err := a.Record(ctx, other.String())
		if connector.CodeOf(err) == connector.NotFound {
			continue // known from the Link alone
		}
		if err != nil {
			return err
		}
		subjects = append(subjects, other.String())
		detail.Deliveries = append(detail.Deliveries, d.Deliveries...)
		if err := p.json("other-"+strconv.Itoa(n+1)+".json", d); err != nil {
			return err
		}
	}
	own := detail
	own.Deliveries = slices.DeleteFunc(slices.Clone(detail.Deliveries), func(d Delivery) bool { return d.Record.Connection != rec.Connection })
	if err := p.json("record.json", own); err != nil {
		return err
	}
	for _, d := range detail.Deliveries {
		if err := a.evidenceOf(ctx, p, d.ID, by); err != nil {
			return err
		}
	}
	if err := p.add(entriesFile, func(w io.Writer) error { return a.evidenceEntries(ctx, w, subjects, m.Ledger.Number) }); err != nil {
		return err
	}
	m.Files = p.files
	if err := p.json(manifestFile, m); err != nil {
		return err
	}
	return p.zip.Close()
}

// evidenceOf is one Delivery: what it was, what was sent, and each Exchange with its bodies byte for byte.
func (a *App) evidenceOf(ctx context.Context, p *pack, id int64, by people.Actor) error {
	detail, err := a.Delivery(ctx, id, by)
	if err != nil {
		return err
	}
	exchanges, err := a.DB.ExchangesOf(ctx, id)
	if err != nil {
		return err
	}
	detail.Exchanges, detail.History = []Exchange{}, []connector.Entry{} // files of their own
	name := strconv.FormatInt(id, 10)
	if err := p.json("deliveries/"+name+".json", detail); err != nil {
		return err
	}
	d, err := a.DB.Delivery(ctx, id)
	if err != nil {
		return err
	}
	sent, err := a.DB.Body(ctx, d.Sent)
	if err != nil {
		return err
	}
	if sent != nil {
		if err := p.add("sent/"+name+".json", func(w io.Writer) error { _, err := w.Write(sent); return err }); err != nil {
			return err
		}
	}
	for _, x := range exchanges {
		at := "exchanges/" + name + "/" + x.ID
		shape := exchangeShape(x)
		shape.RequestBody, shape.ResponseBody = "", ""
		if err := p.json(at+".json", shape); err != nil {
			return err
		}
		for part, body := range map[string][]byte{"-request.txt": x.RequestBody, "-answer.txt": x.ResponseBody} {
			if len(body) == 0 {
				continue
			}
			if err := p.add(at+part, func(w io.Writer) error { _, err := w.Write(body); return err }); err != nil {
				return err
			}
		}
	}
	return nil
}

// evidenceEntries writes the Entries about Records, each once, in their order.
func (a *App) evidenceEntries(ctx context.Context, w io.Writer, subjects []string, until int64) error {
	all := map[int64]connector.Entry{}
	for _, s := range subjects {
		entries, err := a.DB.Entries(ctx, store.EntryFilter{Subject: s, Until: until})
		if err != nil {
			return err
		}
		for _, e := range entries {
			all[e.Number] = e
		}
	}
	numbers := make([]int64, 0, len(all))
	for n := range all {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	before, err := a.DB.HashesBefore(ctx, numbers)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for _, n := range numbers {
		if err := lines.Encode(EvidenceEntry{all[n], before[n]}); err != nil {
			return err
		}
	}
	return nil
}
