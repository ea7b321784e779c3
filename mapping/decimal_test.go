package mapping

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// amount draws decimal text as documents have it.
func amount(least, most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		digits := rapid.IntRange(0, 6).Draw(t, "digits")
		n := rapid.Int64Range(int64(least), int64(most)).Draw(t, "n")
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
		return new(big.Rat).SetFrac(big.NewInt(n), scale).FloatString(digits)
	})
}

func TestSharesSumExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total, err := parseDecimal(amount(-1_000_000_000, 1_000_000_000).Draw(t, "amount"))
		if err != nil {
			t.Fatal(err)
		}
		digits := rapid.IntRange(0, 4).Draw(t, "digits")
		var weights []decimal
		for _, text := range rapid.SliceOfN(amount(1, 1_000_000), 1, 12).Draw(t, "weights") {
			w, err := parseDecimal(text)
			if err != nil {
				t.Fatal(err)
			}
			weights = append(weights, w)
		}
		parts, err := shares(total, weights, digits)
		if err != nil {
			t.Fatal(err)
		}
		sum, sumWeights := new(big.Rat), new(big.Rat)
		for i, p := range parts {
			sum.Add(sum, p.rat())
			sumWeights.Add(sumWeights, weights[i].rat())
		}
		rounded, err := round(total, digits)
		if err != nil {
			t.Fatal(err)
		}
		if sum.Cmp(rounded.rat()) != 0 {
			t.Fatalf("%s by %v: the shares sum to %s, not to %s", total, weights, sum.FloatString(8), rounded)
		}
		// All but the largest are within half a unit of what they should be exactly.
		for i, p := range parts {
			if i == largest(weights) {
				continue
			}
			want := new(big.Rat).Quo(new(big.Rat).Mul(total.rat(), weights[i].rat()), sumWeights)
			off := new(big.Rat).Sub(p.rat(), want)
			if unit := big.NewRat(1, 2); new(big.Rat).Abs(off).Cmp(unit.Quo(unit, tenTo(digits))) > 0 {
				t.Fatalf("share %d of %s by %v is %s", i+1, total, weights, p)
			}
		}
	})
}

func largest(weights []decimal) int {
	at := 0
	for i, w := range weights {
		if w.cmp(weights[at]) >= 0 {
			at = i
		}
	}
	return at
}

func tenTo(n int) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil))
}

func TestArithmeticAgreesWithRationals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, y := amount(-1e9, 1e9).Draw(t, "x"), amount(-1e9, 1e9).Draw(t, "y")
		a, _ := new(big.Rat).SetString(x)
		b, _ := new(big.Rat).SetString(y)
		for op, want := range map[string]*big.Rat{"+": new(big.Rat).Add(a, b), "-": new(big.Rat).Sub(a, b), "*": new(big.Rat).Mul(a, b)} {
			got, err := calculate(op, x, y)
			if err != nil || got.(decimal).rat().Cmp(want) != 0 {
				t.Fatalf("%s %s %s is %v (%v), want %s", x, op, y, got, err, want.FloatString(14))
			}
		}
		if c, err := order(decimalOf(t, x), y); err != nil || c != a.Cmp(b) {
			t.Fatalf("%s compared to %s is %d (%v)", x, y, c, err)
		}
	})
}

func TestDecimalTextIsPlainAndStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := decimalOf(t, amount(-1e9, 1e9).Draw(t, "x"))
		again := decimalOf(t, d.String())
		if again.cmp(d) != 0 || again.String() != d.String() {
			t.Fatalf("%s became %s", d, again)
		}
	})
	for text, want := range map[string]string{"-0.00": "0", "0010.500": "10.5", "100": "100", "-3.330": "-3.33", "0.00001": "0.00001", " 7 ": "7"} {
		if d, err := parseDecimal(text); err != nil || d.String() != want {
			t.Errorf("%q is %v (%v), want %s", text, d, err, want)
		}
	}
	for _, text := range []string{"", "-", ".5", "5.", "+1", "1e3", "1 000", "0x10", "NaN", "Infinity", "--1", "1.2.3", "١"} {
		if d, err := parseDecimal(text); err == nil {
			t.Errorf("%q was taken for %s", text, d)
		}
	}
}

func decimalOf(t *rapid.T, text string) decimal {
	d, err := parseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRoundingIsHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, digits := decimalOf(t, amount(-1e9, 1e9).Draw(t, "x")), rapid.IntRange(0, 5).Draw(t, "digits")
		viaRound, errR := round(d, digits)
		viaRational, errQ := quotient(d.rat(), big.NewRat(1, 1), digits)
		if errR != nil || errQ != nil || viaRound.cmp(viaRational) != 0 {
			t.Fatalf("%s to %d digits: %v and %v", d, digits, viaRound, viaRational)
		}
	})
	for text, want := range map[string]string{"2.5": "3", "-2.5": "-3", "2.4999": "2", "-0.5": "-1"} {
		d, _ := parseDecimal(text)
		if got, err := round(d, 0); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s rounds to %v (%v), want %s", text, got, err, want)
		}
	}
}

// wide makes the same number one of any size, so that the two ways of computing can be held against each other.
func wide(x decimal) decimal { return decimal{d: x.wide()} }

func TestShortAndWideNumbersAgree(t *testing.T) {
	t.Parallel()
	text := rapid.Custom(func(t *rapid.T) string {
		digits := rapid.IntRange(0, 17).Draw(t, "digits")
		n := rapid.Int64Range(-999_999_999_999_999_999, 999_999_999_999_999_999).Draw(t, "n")
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
		return new(big.Rat).SetFrac(big.NewInt(n), scale).FloatString(digits)
	})
	rapid.Check(t, func(t *rapid.T) {
		x, y := decimalOf(t, text.Draw(t, "x")), decimalOf(t, text.Draw(t, "y"))
		digits := rapid.IntRange(0, 20).Draw(t, "to digits")
		if x.String() != wide(x).String() || x.rat().Cmp(wide(x).rat()) != 0 || x.cmp(y) != wide(x).cmp(wide(y)) || abs(x).cmp(abs(wide(x))) != 0 {
			t.Fatalf("%s and %s differ when they are wide", x, y)
		}
		for _, op := range []string{"+", "-", "*"} {
			a, errA := calculate(op, x, y)
			b, errB := calculate(op, wide(x), wide(y))
			if fmt.Sprint(a, errA) != fmt.Sprint(b, errB) {
				t.Fatalf("%s %s %s is %v (%v) and %v (%v)", x, op, y, a, errA, b, errB)
			}
		}
		a, errA := round(x, digits)
		b, errB := round(wide(x), digits)
		if a.String() != b.String() || (errA == nil) != (errB == nil) {
			t.Fatalf("%s to %d digits is %v (%v) and %v (%v)", x, digits, a, errA, b, errB)
		}
		weights := []decimal{y, decimalOf(t, text.Draw(t, "z")), x}
		one, errA := shares(x, weights, digits)
		other, errB := wideShares(wide(x), []decimal{wide(weights[0]), wide(weights[1]), wide(weights[2])}, digits)
		if fmt.Sprint(one, errA) != fmt.Sprint(other, errB) {
			t.Fatalf("%s by %v to %d digits: %v (%v) and %v (%v)", x, weights, digits, one, errA, other, errB)
		}
	})
}
