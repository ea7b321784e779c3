//go:build !unix

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "faults: it needs the signals of a Unix system")
	os.Exit(1)
}
