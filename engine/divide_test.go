package engine

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestDivide(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		limit int
		wants []int
		turn  int
		want  []int
	}{
		{"alone it has all", 16, []int{16}, 0, []int{16}},
		{"four that want all have a quarter each", 64, []int{64, 64, 64, 64}, 0, []int{16, 16, 16, 16}},
		{"what one leaves goes to the others", 16, []int{2, 16, 16}, 0, []int{2, 7, 7}},
		{"what can't be divided goes to the first", 16, []int{16, 16, 16}, 0, []int{6, 5, 5}},
		{"who wants nothing is not counted", 4, []int{0, 4, 0, 4}, 0, []int{0, 2, 0, 2}},
		{"of more processes than calls some have none", 2, []int{2, 2, 2}, 0, []int{1, 1, 0}},
		{"and another one in the next turn", 2, []int{2, 2, 2}, 1, []int{1, 0, 1}},
		{"nobody wants anything", 2, nil, 0, []int{}},
	} {
		if got := divide(tc.limit, tc.wants, tc.turn); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, expected %v", tc.name, got, tc.want)
		}
	}
}

func TestDivideIsFairAndLeavesNobodyOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 40).Draw(t, "limit")
		wants := rapid.SliceOfN(rapid.IntRange(0, 40), 0, 12).Draw(t, "wants")
		asked, served := 0, make([]bool, len(wants))
		for _, w := range wants {
			asked += w
		}
		for turn := range len(wants) {
			got, sum := divide(limit, wants, turn), 0
			for i, g := range got {
				sum += g
				served[i] = served[i] || g > 0
				if g > wants[i] || g < 0 {
					t.Fatalf("turn %d: %v of %v", turn, got, wants)
				}
				for j, h := range got {
					if g < wants[i] && h > g+1 {
						t.Fatalf("turn %d: %d has %d, and %d only %d, of %v", turn, j, h, i, g, wants)
					}
				}
			}
			if sum != min(limit, asked) {
				t.Fatalf("turn %d: %v are %d, of %d", turn, got, sum, limit)
			}
		}
		for i, w := range wants {
			if w > 0 && !served[i] {
				t.Fatalf("%d of %v was left out in every turn", i, wants)
			}
		}
	})
}
