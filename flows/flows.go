// Package flows holds the Flows that ml-connector ships, one YAML file each, in the language of package mapping: all that
// the product knows about which field of one vendor is which field of the other.
//
// It must never hold such knowledge as Go code, and never read a file at run time: the texts are part of the program, and a
// site that wants another rule gives its own file.
//
// It is proved by golden cases: a source Document and what is known around it in, the target Document or every reason why
// there is none out. `go test ./flows -update` rewrites what comes out; a person reads the difference.
package flows

import (
	"embed"
	"fmt"
)

// File is one Flow as it is shipped: its name and its mapping file, for mapping.Parse.
type File struct {
	Name string
	Text []byte
}

//go:embed *.yaml
var files embed.FS

// names is the order in which the Flows run (FLOWS.md, Order of Flows).
var names = []string{"gl-accounts", "suppliers-to-peoplesoft", "suppliers-to-jaggaer", "requisitions", "purchase-orders", "invoices"}

// Shipped gives the shipped Flows in the order in which they run.
func Shipped() []File {
	out := make([]File, 0, len(names))
	for _, name := range names {
		text, err := files.ReadFile(name + ".yaml")
		if err != nil {
			panic(fmt.Sprintf("the shipped Flow %s is not part of the program: %v", name, err))
		}
		out = append(out, File{Name: name, Text: text})
	}
	return out
}
