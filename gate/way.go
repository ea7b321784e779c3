package gate

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// way is how a request came.
type way struct {
	named   bool   // by a name of ours
	secure  bool   // encrypted, on all of the way that a network could read
	local   bool   // from this machine, and through nothing
	address string // of who asks
}

// forwarded are the headers by which proxies tell that they passed a request on.
var forwarded = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Via"}

// judge says how a request came. What a proxy says is believed of this machine and of the proxies in the settings alone. A request from this
// machine, or from a proxy, that was passed on counts as encrypted only if the proxy says so.
func (g *Gate) judge(r *http.Request) way {
	peer := peerOf(r)
	ours := peer.IsLoopback() || g.isProxy(peer)
	passed := false
	for _, h := range forwarded {
		passed = passed || r.Header.Get(h) != ""
	}
	here := loopbackName(r.Host)
	w := way{address: from64(peer)}
	w.named = here && peer.IsLoopback() || g.public(r.Host)
	w.secure = r.TLS != nil && !(ours && passed) || ours && strings.EqualFold(last(r.Header.Values("X-Forwarded-Proto")), "https")
	w.local = peer.IsLoopback() && here && !passed
	if ours && passed {
		w.address = g.client(r, w.address)
	}
	return w
}

func peerOf(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

func (g *Gate) isProxy(ip netip.Addr) bool {
	for _, p := range g.Public.Proxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// public says whether a Host header is the name of the settings.
func (g *Gate) public(host string) bool {
	want := g.Public.Host()
	return want != "" && (strings.EqualFold(host, want) || strings.EqualFold(host, want+":443"))
}

// client is the last address that a proxy of ours tells and that is none itself.
func (g *Gate) client(r *http.Request, known string) string {
	list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for n := len(list) - 1; n >= 0; n-- {
		ip, err := netip.ParseAddr(strings.TrimSpace(list[n]))
		if err != nil {
			return known
		}
		if ip = ip.Unmap(); !ip.IsLoopback() && !g.isProxy(ip) {
			return from64(ip)
		}
	}
	return known
}

// from64 is an address as it is counted and shown: of IPv6 the network, which one machine has for itself.
func from64(ip netip.Addr) string {
	if ip.Is6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}

// last is the last value of a header that may be a list: what the nearest proxy said.
func last(values []string) string {
	list := strings.Split(strings.Join(values, ","), ",")
	return strings.TrimSpace(list[len(list)-1])
}

// loopbackName says whether a Host header names this machine alone.
func loopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}
