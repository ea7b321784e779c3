package engine

import "time"

// maxFailures is how often a Delivery may be answered with unavailable, while its Connection is otherwise well, before it is held.
const maxFailures = 10

// backoff is the pause before the next try after so many failures in a row: 2 s, 4 s, 8 s … up to 15 min, spread by
// jitter (0 ≤ jitter < 1) over ± 20 %.
//
//	failures  1   2   3   4    5    6    7     8     9     10 …
//	pause     2s  4s  8s  16s  32s  64s  128s  256s  512s  900s
func backoff(failures int, jitter float64) time.Duration {
	const first, most = 2 * time.Second, 15 * time.Minute
	d := most
	if failures < 10 {
		d = min(first<<max(failures-1, 0), most)
	}
	return time.Duration(float64(d) * (0.8 + 0.4*jitter))
}
