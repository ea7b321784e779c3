// Package systems is the one list of Systems that this program can talk to. A new System is a folder and a line here.
//
// It must never hold anything but the list: no registration, no configuration, no logic. Whoever needs Systems is given
// the list as a value. Its test proves that the names are those of the configuration file, and differ.
package systems

import (
	connector "ml-connector"
	"ml-connector/jaggaer"
	"ml-connector/peoplesoft"
)

// All gives every System, by name.
func All() []connector.System {
	return []connector.System{jaggaer.New(), peoplesoft.New()}
}
