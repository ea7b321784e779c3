// Package alert tells people what needs them: what a message is made of, how it is written for mail, a signed webhook and a chat, and
// how it gets there. When people do not want to be told, and how often, are its rules.
//
// It must never decide what is wrong (app does), know a store, call an address that a System may not have either, or put a secret, a
// bank or tax number, or the content of a Document into a message. Whatever it writes may come from outside, and is no markup where
// it arrives.
//
// It is proved by sending to a mail server and to HTTP servers of its own, which ask for TLS, log-in and signature as real ones do, and
// answer in every way in which one can.
package alert

import (
	"fmt"
	"strings"
	"time"
)

// What a Message is about.
const (
	KindAlert   = "alert"   // something began, goes on, or is over
	KindMorning = "morning" // how things stand, once a day
	KindTest    = "test"    // whether it arrives
)

// Message is what one channel tells at one time.
type Message struct {
	ID       string    `json:"id"` // the same when it is sent again: who gets it twice can tell
	Kind     string    `json:"kind"`
	Title    string    `json:"title"`
	At       time.Time `json:"at"`
	Sections []Section `json:"sections"`
	URL      string    `json:"url"` // of the pages
}

// Section is a part of a Message.
type Section struct {
	Title string `json:"title"`
	Items []Item `json:"items"`
}

// Item is one thing that is told.
type Item struct {
	State   string    `json:"state"`   // began, lasts, over; "" where that says nothing
	Cause   string    `json:"cause"`   // such as connection.paused; "" in the morning
	Subject string    `json:"subject"` // flow:invoices, connection:erp; "" in the morning
	Text    string    `json:"text"`
	Hint    string    `json:"hint"`
	URL     string    `json:"url"` // of its page
	Since   time.Time `json:"since"`
}

// Text writes a Message for people who read plain text.
func Text(m Message) string {
	var b strings.Builder
	for _, s := range m.Sections {
		if s.Title != "" {
			fmt.Fprintf(&b, "%s\n%s\n", line(s.Title), strings.Repeat("-", len([]rune(line(s.Title)))))
		}
		for _, i := range s.Items {
			fmt.Fprintf(&b, "* %s%s\n", stateWord(i.State), line(i.Text))
			if i.Hint != "" && i.State != StateOver {
				fmt.Fprintf(&b, "  %s\n", line(i.Hint))
			}
			if i.URL != "" {
				fmt.Fprintf(&b, "  %s\n", line(i.URL))
			}
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%s, ml-connector", m.At.UTC().Format("2006-01-02 15:04 UTC"))
	if m.URL != "" {
		fmt.Fprintf(&b, "\n%s", line(m.URL))
	}
	return b.String() + "\n"
}

// States of an Item.
const (
	StateBegan = "began"
	StateLasts = "lasts"
	StateOver  = "over"
)

func stateWord(state string) string {
	switch state {
	case StateLasts:
		return "Still: "
	case StateOver:
		return "Over: "
	}
	return ""
}

// line is a text without what begins a new line or steers a terminal, of a length that fits.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r < 0x20, r == 0x7f, r >= 0x80 && r < 0xa0, r == 0x2028, r == 0x2029, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	if runes := []rune(s); len(runes) > mostLine {
		return string(runes[:mostLine-1]) + "…"
	}
	return s
}

// mostLine is how many characters a line has at most.
const mostLine = 900
