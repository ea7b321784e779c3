package canonical

import (
	"strconv"
	"strings"
)

// Leaves gives each text of a value of maps and lists by its path: NAME.NAME[2].NAME, elements counted from 1.
func Leaves(v any) map[string]string {
	out := map[string]string{}
	flatten(out, "", v)
	return out
}

func flatten(out map[string]string, path string, v any) {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			flatten(out, strings.TrimPrefix(path+"."+k, "."), e)
		}
	case []any:
		for i, e := range x {
			flatten(out, path+"["+strconv.Itoa(i+1)+"]", e)
		}
	case string:
		out[path] = x
	}
}
