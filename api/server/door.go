package server

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// door is where everybody stands whose first part is not read yet: at most atDoor. Who comes when it is full takes the place of the one
// who stands there longest, and so does not wait for those who say nothing: what JAGGAER sends is there in no time.
type door struct {
	mu sync.Mutex
	in []*visitor
}

type visitor struct{ conn *http.ResponseController }

// come lets one in. The returned function must be called when his first part is read, or will not be.
func (d *door) come(conn *http.ResponseController) (leave func()) {
	v := &visitor{conn}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.in) == atDoor {
		_ = d.in[0].conn.SetReadDeadline(time.Unix(1, 0)) // where that can't be done, the server's own time-out ends him
		d.in = slices.Delete(d.in, 0, 1)
	}
	d.in = append(d.in, v)
	return func() { d.leave(v) }
}

func (d *door) leave(v *visitor) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := slices.Index(d.in, v); at >= 0 {
		d.in = slices.Delete(d.in, at, at+1)
	}
}

// size is how many stand there.
func (d *door) size() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.in)
}
