package store_test

import (
	"testing"

	connector "ml-connector"
)

func TestSmoke(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		got := f.accept(orders, version("1", "a"), version("2", "b"))
		equal(t, "new", got.New, 2)
		p := f.take(orders)
		p.deliver("PO-")
		equal(t, "state", f.state(orders, "1"), connector.Delivered)
		f.sound()
	})
}
