package store

import (
	"strconv"
	"strings"
)

// conditions gathers the parts of a WHERE that a filter asks for.
type conditions struct {
	parts []string
	args  []any
}

// add takes a condition when it is wanted; each ? of it stands for the next value.
func (c *conditions) add(wanted bool, condition string, values ...any) {
	if !wanted {
		return
	}
	var b strings.Builder
	for _, r := range condition {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		c.args = append(c.args, values[0])
		values = values[1:]
		b.WriteString("$" + strconv.Itoa(len(c.args)))
	}
	c.parts = append(c.parts, b.String())
}

func (c *conditions) where() string {
	if len(c.parts) == 0 {
		return ""
	}
	return "WHERE " + strings.Join(c.parts, " AND ")
}

// limit is the LIMIT of a list; 0 = all.
func (c *conditions) limit(n int) string {
	if n <= 0 {
		return ""
	}
	c.args = append(c.args, int64(n))
	return " LIMIT $" + strconv.Itoa(len(c.args))
}
