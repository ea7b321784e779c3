package app

import "slices"

// WorstExit picks the exit status when several classes meet: 1 before 4, 5, 2, 3, 0 (SURFACE.md).
func WorstExit(statuses ...int) int {
	for _, worst := range []int{1, 4, 5, 2, 3} {
		if slices.Contains(statuses, worst) {
			return worst
		}
	}
	return 0
}
