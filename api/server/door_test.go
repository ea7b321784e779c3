package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestTheSlowAreShownOutForTheQuick: over real connections, more strangers than there is room for send a byte and no more. Each who
// comes later takes the place of who stands there longest, and what JAGGAER sends is taken meanwhile.
func TestTheSlowAreShownOutForTheQuick(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	srv := httptest.NewServer(b.Receiver)
	t.Cleanup(srv.Close)
	const more = 9
	var conns []net.Conn
	for n := range atDoor + more {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(c, "POST /receive/s2p HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<"); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		for b.door.size() < min(n+1, atDoor) {
			<-time.After(time.Millisecond)
		}
	}
	for n := range 3 {
		resp, err := http.Post(srv.URL+"/receive/s2p", textXML, strings.NewReader(order("ACME1", secret, fmt.Sprint("P", n))))
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if !strings.Contains(string(answer), "<StatusCode>200<") {
			t.Errorf("HTTP %d %s", resp.StatusCode, answer)
		}
	}
	for _, c := range conns[:more] {
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err == nil && resp.StatusCode != http.StatusBadRequest {
			t.Errorf("who was shown out heard HTTP %d", resp.StatusCode)
		}
	}
	if got := b.entries("push.refused"); len(got) != 0 {
		t.Errorf("%d entries of who said nothing", len(got))
	}
}
