// Package flows holds the six shipped Flows as YAML.
package flows

// File is one Flow as it is shipped: its name and its mapping file, for mapping.Parse.
type File struct {
	Name string
	Text []byte
}

// Shipped gives the shipped Flows in the order in which they run.
func Shipped() []File { return nil }
