package app

import connector "ml-connector"

// Part is one part of a run equation.
type Part struct {
	State connector.State // waiting stands for sending too
	Count int
}

// Parts are the parts of a run equation in the order in which pages show them: what is across first, then what is not
// meant to go, then what is still to come, then what needs a look.
type Parts []Part

// PartsOf takes the parts out of a Run's counts.
func PartsOf(c connector.Counts) Parts {
	return Parts{
		{connector.Delivered, c.Delivered}, {connector.Unchanged, c.Unchanged}, {connector.Filtered, c.Filtered}, {connector.Skipped, c.Skipped},
		{connector.Superseded, c.Superseded}, {connector.Waiting, c.Waiting}, {connector.Blocked, c.Blocked}, {connector.InDoubt, c.InDoubt}, {connector.Held, c.Held},
	}
}

// Count is the number of one part.
func (p Parts) Count(s connector.State) int {
	for _, part := range p {
		if part.State == s {
			return part.Count
		}
	}
	return 0
}

// Total is the sum of all parts; it equals what was read.
func (p Parts) Total() int {
	n := 0
	for _, part := range p {
		n += part.Count
	}
	return n
}
