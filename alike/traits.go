package alike

import "strings"

// Traits are what tells whether a Record may be the same company as one of another System, in the words of none of them. Kinds
// that people don't enter on both sides have none.
type Traits struct {
	Names   []string `json:"names,omitempty"`   // that it goes by, the main one first
	Country string   `json:"country,omitempty"` // ISO 3166, three letters
	Places  []Place  `json:"places,omitempty"`
	Tax     []string `json:"tax,omitempty"` // keyed hashes of its tax numbers, the same at every Connection
}

// Place is an address, as far as it tells companies apart.
type Place struct {
	Country string `json:"country,omitempty"`
	Postal  string `json:"postal,omitempty"`
	City    string `json:"city,omitempty"`
	Street  string `json:"street,omitempty"`
}

// Hidden says whether a number is masked by stars, dots or crosses.
func Hidden(number string) bool {
	return strings.ContainsAny(number, "*•#") || strings.Contains(strings.ToUpper(number), "XXX")
}

// TaxNumber is a tax number in the form in which those of two Systems are compared, before it is hashed: letters and digits, without
// the country that a VAT number begins with. It is "" for what is none: too short, hidden, or one digit alone.
func TaxNumber(s string) string {
	if Hidden(s) {
		return ""
	}
	out := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z' || '0' <= r && r <= '9':
			return r
		}
		return -1
	}, s)
	if len(out) > 7 && strings.Trim(out[:2], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" && strings.Trim(out[2:], "0123456789") == "" {
		out = out[2:]
	}
	if len(out) < 5 || strings.Trim(out, out[:1]) == "" {
		return ""
	}
	return out
}
