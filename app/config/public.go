package config

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Public is how people reach the server from other machines.
type Public struct {
	URL     string         // https://HOST[:PORT], as browsers call it; "" = this machine alone
	TLSCert string         // path of a certificate of its own, with TLSKey; "" = a proxy has it
	TLSKey  string         // path
	Proxies []netip.Prefix // who may say, beside this machine, from where and over what a request came to them
}

// Host is what browsers send as Host, "" without a URL.
func (p Public) Host() string { return strings.TrimPrefix(p.URL, "https://") }

// PublicURL is the beginning of links to the server.
func (p Process) PublicURL() string {
	if p.Public.URL != "" {
		return p.Public.URL
	}
	return "http://" + p.Listen
}

// publicURL reads the address under which browsers find the server.
func (n node) publicURL() string {
	t := strings.TrimSuffix(n.text(), "/")
	u, err := url.Parse(t)
	if t != "" && (err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(u.Host, " \t")) {
		n.fail("must be https://HOST or https://HOST:PORT, as browsers call it")
		return ""
	}
	return strings.ToLower(t)
}

// proxies reads addresses and ranges.
func (n node) proxies() []netip.Prefix {
	var out []netip.Prefix
	for _, e := range n.items() {
		t := e.text()
		if ip, err := netip.ParseAddr(t); err == nil {
			out = append(out, netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(t)
		if err != nil || p.Bits() == 0 {
			e.fail("must be an address such as 10.0.0.5, or a range such as 10.0.0.0/24")
			continue
		}
		out = append(out, p.Masked())
	}
	return out
}

// LocalListen says whether a listen address can be reached from this machine alone.
func LocalListen(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	return localHost(host)
}

// localHost says whether a host is this machine, as it calls itself.
func localHost(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
