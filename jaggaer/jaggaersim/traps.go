package jaggaersim

import (
	"math/rand/v2"
	"reflect"
	"strings"
)

// Traps draws standing oddities from a seed: those with which a careful client still does all that it has to. What makes a site one that
// can't be used as it is configured (an ignored filter, a missing address, a refused client) is left to Switches and Faults.
func Traps(seed int64) Switches {
	r := rand.New(rand.NewPCG(uint64(seed), 0x74726170))
	one := func(in int) bool { return r.IntN(in) == 0 }
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	s := Switches{
		PageSize: 2 + r.IntN(40), PageSizeVaries: one(2), CodeAsText: one(2), CountsAsText: one(2), ReturnMessage: pick("", "OK", "Ok"),
		EmptyList: pick("", "null", "object", "array"), DetailMissing: pick("", "code2", "empty"), Detail: pick("", "envelope", "list_of_one"),
		MalformedUnauthorized: one(2), NoWriteIDs: one(3), MirrorStatus: one(3), SupplierIDs: one(2), RawAmpersand: one(2),
	}
	if one(2) {
		s.TotalsDrift = 1 + r.IntN(3)
	}
	if one(2) {
		s.IndexDelayMS = 100 + r.IntN(1400)
	}
	if one(2) {
		s.RevokeEvery = 20 + r.IntN(60)
	}
	if one(3) {
		s.RateCalls, s.RatePerMS, s.RateRetryAfter = 40+r.IntN(200), 1000, "1" // without Retry-After each wait would be of 15 s
	}
	if one(2) {
		s.SupplierCode = 202
	}
	if one(2) {
		s.ParseErrorStatus = 200
	}
	s.PlainStar = one(3)
	return s
}

// Names are those of the switches that are set.
func (s Switches) Names() []string {
	var out []string
	v := reflect.ValueOf(s)
	for n := range v.NumField() {
		if !v.Field(n).IsZero() {
			name, _, _ := strings.Cut(v.Type().Field(n).Tag.Get("json"), ",")
			out = append(out, name)
		}
	}
	return out
}
