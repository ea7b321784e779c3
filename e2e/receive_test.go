package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/sample"
)

// pushing makes the Connection s2p take pushes, and the Flow of orders read by nothing else.
func (r *rig) pushing() {
	r.t.Helper()
	path := filepath.Join(r.dir, "ml-connector.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		switch {
		case strings.Contains(line, "client_id:"):
			lines[i] = strings.Replace(line, "client_id:", "receive: true, client_id:", 1)
		case strings.HasPrefix(line, "  purchase-orders:"):
			lines[i] = strings.Replace(line, `schedule: "@every 5s"`, `schedule: "0 0 29 2 *"`, 1)
		}
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// newOrder makes an order that nothing has read yet.
func (r *rig) newOrder(n int) string {
	r.t.Helper()
	orders := r.site.Company.Orders
	o := orders[slices.IndexFunc(orders, func(o sample.Order) bool { return o.Note == "" })]
	like := r.site.Jaggaer.Orders()
	i := slices.IndexFunc(like, func(p jaggaersim.Record) bool { return p.Text("poNumber") == o.Number })
	body := like[i].Body
	head := body["header"].(map[string]any)
	number := o.Number + "-" + string(rune('A'+n))
	head["poNumber"] = number
	delete(head, "purchaseOrderId")
	if _, err := r.site.Jaggaer.Add(jaggaersim.PurchaseOrder, body); err != nil {
		r.t.Fatal(err)
	}
	return number
}

// TestWhatIsPushedArrives: an order that JAGGAER pushes is in PeopleSoft without a poll, also when the process is killed between
// the answer and the read; pushed twice it arrives once.
func TestWhatIsPushedArrives(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.pushing()
	sw := r.site.Jaggaer.Switches()
	sw.RawAmpersand = true
	r.site.Jaggaer.SetSwitches(sw)
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	r.sync()
	c, out := r.start("serve", "--listen", "127.0.0.1:0")
	defer func() { _ = c.Process.Kill() }()
	base := r.address(out)
	push := func(number string) {
		t.Helper()
		got, err := r.site.Jaggaer.Push(t.Context(), base+"/receive/s2p", jaggaersim.PurchaseOrder, number)
		if err != nil || got.Status != http.StatusOK || got.Code != "200" || got.Related != got.MessageID {
			t.Fatalf("pushed %s: %+v, %v", number, got, err)
		}
	}
	first := r.newOrder(0)
	push(first)
	push(first)
	r.arrives(first)

	second := r.newOrder(1)
	push(second)
	if err := c.Process.Kill(); err != nil { // it may have read it or not
		t.Fatal(err)
	}
	_ = c.Wait()
	c, out = r.start("serve", "--listen", "127.0.0.1:0")
	base = r.address(out)
	r.arrives(second)

	resp, err := http.Post(base+"/receive/s2p", "text/xml", strings.NewReader("<PurchaseOrderMessage><Header/></PurchaseOrderMessage>"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || !strings.Contains(string(body), "<StatusCode>403</StatusCode>") {
		t.Errorf("a stranger is told %s (%v)", body, err)
	}
	if took := terminate(t, c, out); took > 20*time.Second {
		t.Errorf("it took %s to end", took)
	}
	for _, number := range []string{first, second} {
		var ids []struct{ ID string }
		r.json(&ids, "record", "list", "--search", number, "-o", "json")
		if len(ids) == 0 {
			t.Fatalf("no record %s", number)
		}
		if history := r.do([]int{0}, "record", "history", "s2p:purchase_order:"+ids[0].ID); !strings.Contains(history, "push.done") {
			t.Errorf("its history does not tell of the push:\n%s", history)
		}
	}
	var entries []struct{ Action string }
	r.json(&entries, "audit", "list", "-o", "json")
	count := map[string]int{}
	for _, e := range entries {
		count[e.Action]++
	}
	if count["push.received"] != 3 || count["push.refused"] != 1 {
		t.Errorf("the ledger tells of %d pushes and %d refused", count["push.received"], count["push.refused"])
	}
	r.do([]int{0}, "audit", "verify")
}

func (r *rig) json(into any, args ...string) {
	r.t.Helper()
	text := r.do([]int{0}, args...)
	if err := json.Unmarshal([]byte(text), into); err != nil {
		r.t.Fatalf("%s is no JSON: %v\n%s", strings.Join(args, " "), err, text)
	}
}

// arrives waits until the one delivery of an order is over.
func (r *rig) arrives(number string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Minute)
	defer cancel()
	for {
		var found []struct{ State string }
		r.json(&found, "delivery", "list", "--search", number, "-o", "json")
		if len(found) == 1 && found[0].State == "delivered" {
			return
		}
		select {
		case <-ctx.Done():
			r.t.Fatalf("order %s: %+v", number, found)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
