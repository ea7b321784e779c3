package engine

// divide shares out how many calls a Connection takes at once among processes that want so many each: nobody gets more than
// it wants, what one leaves goes to the others, and of those that want more than they get none gets more than one beyond
// another. Where there are more of them than calls, turn says who has them for now. It is pure.
func divide(limit int, wants []int, turn int) []int {
	out := make([]int, len(wants))
	left, open := limit, 0
	for _, w := range wants {
		if w > 0 {
			open++
		}
	}
	for open > 0 {
		fair, all := left/open, true
		for i, w := range wants {
			if w > 0 && out[i] == 0 && w <= fair {
				out[i], all = w, false
				left, open = left-w, open-1
			}
		}
		if all {
			break
		}
	}
	if open == 0 {
		return out
	}
	fair, rest, first := left/open, left%open, 0
	if fair == 0 {
		first = turn * rest % open
	}
	n := 0
	for i, w := range wants {
		if w == 0 || out[i] != 0 {
			continue
		}
		out[i] = fair
		if (n-first+open)%open < rest {
			out[i]++
		}
		n++
	}
	return out
}
