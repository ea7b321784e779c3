package mapping

import (
	"fmt"
	"strings"
)

// Currencies of ISO 4217 whose amounts have another number of digits after the point than two.
const (
	noDigits    = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
	threeDigits = "BHD IQD JOD KWD LYD OMR TND"
	fourDigits  = "CLF UYW"
)

// currencyDigits is how many digits after the point an amount of a currency has.
func currencyDigits(code string) (int, error) {
	given := code
	code = strings.ToUpper(code)
	if len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return 0, fmt.Errorf("%q is no currency", given)
	}
	switch {
	case strings.Contains(noDigits, code):
		return 0, nil
	case strings.Contains(threeDigits, code):
		return 3, nil
	case strings.Contains(fourDigits, code):
		return 4, nil
	}
	return 2, nil
}
