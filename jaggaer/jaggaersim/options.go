package jaggaersim

import (
	"context"
	"time"
)

// Options is what New needs beside the company. The zero value works: a clock that is the machine's, the credentials of
// JAGGAER.md's samples, the default profile, pages of 50.
type Options struct {
	Now func() time.Time // the clock of all stamps and of the business life

	ClientID, ClientSecret string            // of both token endpoints
	Identity, SharedSecret string            // of the XML surface
	SharedSecrets          map[string]string // per import (requisition, supplier, po); others use SharedSecret
	TokenTTL               time.Duration     // of both token styles; 0 = one hour, and 24 hours for legacy ones

	Profile  Profile
	Switches Switches

	// Pace is the time from an imported requisition to its orders, and from an order to its invoice. 0 = 10 s, negative = never.
	Pace time.Duration
	// ApproveAfter is the time from the start until suppliers in Pending Approval are approved. 0 = three times Pace,
	// negative = never.
	ApproveAfter time.Duration

	Seed        int64 // of token texts, message ids, page sizes and totals
	JournalSize int   // requests kept; 0 = 10,000
	KeepBodies  int   // bytes kept of each request body and answer; 0 = none

	// Post sends an exported document to a receiver; nil = nothing is ever pushed.
	Post func(ctx context.Context, url string, document []byte) (status int, answer []byte, err error)
}

// Default credentials of a Server, the placeholders of JAGGAER.md.
const (
	DefaultClientID     = "acme-peoplesoft"
	DefaultClientSecret = "not-a-real-secret/+="
	DefaultIdentity     = "ACME30000999"
	DefaultSharedSecret = "not-a-real-secret"
)

func (o Options) complete() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	for field, fallback := range map[*string]string{
		&o.ClientID: DefaultClientID, &o.ClientSecret: DefaultClientSecret, &o.Identity: DefaultIdentity, &o.SharedSecret: DefaultSharedSecret,
	} {
		if *field == "" {
			*field = fallback
		}
	}
	if o.Pace == 0 {
		o.Pace = 10 * time.Second
	}
	if o.ApproveAfter == 0 {
		o.ApproveAfter = 3 * o.Pace
	}
	if o.JournalSize <= 0 {
		o.JournalSize = 10_000
	}
	if o.Profile.StartBase == 0 && o.Profile.APIPrefix == "" && len(o.Profile.Entities) == 0 {
		o.Profile.StartBase = 1
	}
	o.Profile = o.Profile.complete()
	return o
}

// Switches are standing oddities of one customer's JAGGAER, each seen or feared in JAGGAER.md. The zero value is the
// default profile without oddities. They may change while the Server runs.
type Switches struct {
	PageSize       int  `json:"page_size"`        // records a page; 0 = 50. A reader that begins each page with the last record of the one before needs two
	PageSizeVaries bool `json:"page_size_varies"` // each page has between two and twice as many
	TotalsDrift    int  `json:"totals_drift"`     // totRecords is off by up to so many, differently on each page

	IgnoreFilter       []string `json:"ignore_filter"`        // entities whose filter is ignored; "*" = all
	IgnoreUnknownField bool     `json:"ignore_unknown_field"` // a filter with an unknown field is ignored instead of refused
	PlainStar          bool     `json:"plain_star"`           // a * in a filter is no wildcard
	CodeAsText         bool     `json:"code_as_text"`         // "returnCode":"0"
	CountsAsText       bool     `json:"counts_as_text"`       // "totRecords":"3"
	ReturnMessage      string   `json:"return_message"`       // on success: "", "OK", "Ok"
	EmptyList          string   `json:"empty_list"`           // list object of a page without hits: missing (default), null, object, array
	Detail             string   `json:"detail"`               // form of every detail; "" = the entity's own
	DetailMissing      string   `json:"detail_missing"`       // unknown id: 404 (default), code2, empty

	MalformedUnauthorized bool     `json:"malformed_unauthorized"` // 401 in the older hosts' form
	Forbidden             []string `json:"forbidden"`              // entities not enabled for the client: 403
	Missing               []string `json:"missing"`                // entities without an address: 404
	StrictMembers         bool     `json:"strict_members"`         // REST writes with unknown members are refused
	AnyValue              bool     `json:"any_value"`              // custom field values are not checked
	PaymentOff            bool     `json:"payment_off"`            // no payment write-back: 404
	NoWriteIDs            bool     `json:"no_write_ids"`           // answers of writes carry no ids
	IndexDelayMS          int      `json:"index_delay_ms"`         // a new record is in no list for so long
	ClockOffsetMS         int      `json:"clock_offset_ms"`        // of the Date header and lastUpdate
	RevokeEvery           int      `json:"revoke_every"`           // all tokens are revoked after so many accepted calls
	RateCalls             int      `json:"rate_calls"`             // so many calls …
	RatePerMS             int      `json:"rate_per_ms"`            // … in this time, then 429
	RateRetryAfter        string   `json:"rate_retry_after"`       // Retry-After of those; "" = none

	ParseErrorStatus int  `json:"parse_error_status"` // HTTP status of an XML parse error; 0 = 500
	MirrorStatus     bool `json:"mirror_status"`      // other XML refusals answer with the body's code as HTTP status, not with 200
	SupplierCode     int  `json:"supplier_code"`      // StatusCode of a stored supplier: 0 = 200, or 202
	SupplierIDs      bool `json:"supplier_ids"`       // the answer to a supplier import names the supplier
	AllowChunked     bool `json:"allow_chunked"`      // the router takes bodies without Content-Length
	RawAmpersand     bool `json:"raw_ampersand"`      // exported documents hold & as it is, and are not well-formed
}

func (s Switches) pageSize() int {
	if s.PageSize <= 0 {
		return 50
	}
	return s.PageSize
}
