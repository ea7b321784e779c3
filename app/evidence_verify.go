package app

import (
	"archive/zip"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"

	connector "ml-connector"
	"ml-connector/store"
)

// mostEvidence bounds one file of a pack that is verified: it came from outside.
const mostEvidence = 1 << 30

// VerifyEvidence holds a pack of evidence against its manifest, and each Entry in it against its hash, without a database. That
// the ledger was not written anew shows only against an export of it, or a head that was noted elsewhere: with expect, an Entry
// of the pack, or the end of the ledger that it names, must carry it.
func VerifyEvidence(r io.ReaderAt, size int64, expect string) (Verification, error) {
	const op = "read the evidence"
	z, err := zip.NewReader(r, size)
	if err != nil {
		return Verification{}, connector.Errorf(connector.Invalid, op, "it is no zip, or not whole").Because(err).Advise("Give a file as `ml-connector record evidence` wrote it.")
	}
	broken := func(v Verification, number int64, reason string) (Verification, error) {
		v.OK, v.BrokenAt, v.Reason = false, &number, reason
		return v, nil
	}
	var m EvidenceManifest
	text, err := z.Open(manifestFile)
	if err == nil {
		err = json.NewDecoder(io.LimitReader(text, mostEvidence)).Decode(&m)
		_ = text.Close()
	}
	if err != nil {
		return Verification{}, connector.Errorf(connector.Invalid, op, "it has no manifest that can be read").Advise("Give a file as `ml-connector record evidence` wrote it.")
	}
	out := Verification{OK: true, HeadHash: m.Ledger.Hash}
	if len(m.Files)+1 != len(z.File) {
		return broken(out, 0, "its files are not those of its manifest")
	}
	found := expect == "" || expect == m.Ledger.Hash
	for _, f := range m.Files {
		in, err := z.Open(f.Name)
		if err != nil {
			return broken(out, 0, f.Name+" is not there")
		}
		sum := sha256.New()
		read := bufio.NewReader(io.TeeReader(io.LimitReader(in, mostEvidence), sum))
		if f.Name == entriesFile {
			if at, reason := readEvidence(read, &out, expect, &found); reason != "" {
				_ = in.Close()
				return broken(out, at, reason)
			}
		}
		_, err = io.Copy(io.Discard, read)
		_ = in.Close()
		if err != nil || hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
			return broken(out, 0, f.Name+" is not what the manifest says")
		}
	}
	return expected(out, found), nil
}

// readEvidence reckons the hash of each Entry again, and says at which one it is another.
func readEvidence(r io.Reader, out *Verification, expect string, found *bool) (at int64, reason string) {
	last := EvidenceEntry{}
	for lines := json.NewDecoder(r); ; {
		var e EvidenceEntry
		err := lines.Decode(&e)
		switch {
		case err == io.EOF:
			return 0, ""
		case err != nil:
			return last.Number, "what follows is no entry"
		case e.Number <= last.Number:
			return e.Number, "it is out of order"
		case store.HashOf(e.Entry, e.Previous) != e.Hash:
			return e.Number, "it is not what was entered"
		case e.Number == last.Number+1 && last.Hash != "" && e.Previous != last.Hash:
			return e.Number, "it does not follow the one before"
		}
		if out.Entries == 0 {
			out.First = e.Number
		}
		*found = *found || e.Hash == expect
		out.Entries, out.Last, last = out.Entries+1, e.Number, e
	}
}
