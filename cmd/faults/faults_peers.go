//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// peersGone takes both peers away for a minute under load.
func peersGone(ctx context.Context, s *stand) error {
	p, err := s.start(ctx)
	if err != nil {
		return err
	}
	if err := s.loaded(ctx); err != nil {
		return err
	}
	s.erp.down()
	s.s2p.down()
	pause(ctx, time.Minute)
	if err := s.erp.up(ctx); err != nil {
		return err
	}
	if err := s.s2p.up(ctx); err != nil {
		return err
	}
	return alive(p)
}

func resetPeers(ctx context.Context, s *stand) error {
	p, err := s.start(ctx)
	if err != nil {
		return err
	}
	if err := s.loaded(ctx); err != nil {
		return err
	}
	for range 10 {
		s.erp.cut()
		s.s2p.cut()
		pause(ctx, time.Duration(50+s.rng.IntN(300))*time.Millisecond)
	}
	return alive(p)
}

// parts are the Connections and the Flows of a configuration, and what stands before and behind them.
func parts(config string) (head, connections, flows, tail string) {
	head, rest, _ := strings.Cut(config, "connections:\n")
	connections, rest, _ = strings.Cut(rest, "flows:\n")
	flows, tail, _ = strings.Cut(rest, "crosswalks:\n")
	return head + "connections:\n", connections, "flows:\n" + flows, "crosswalks:\n" + tail
}

// withSecond adds the Connections and Flows of another configuration to one, under other names.
func withSecond(first, second string) string {
	head, connections, flows, tail := parts(first)
	_, more, moreFlows, _ := parts(second)
	more = strings.NewReplacer("  erp:\n", "  erp2:\n", "  s2p:\n", "  s2p2:\n").Replace(more)
	var b strings.Builder
	for line := range strings.Lines(strings.TrimPrefix(moreFlows, "flows:\n")) {
		name, settings, _ := strings.Cut(strings.TrimSpace(line), ":")
		settings = strings.NewReplacer("from: erp", "use: "+name+", from: erp2", "from: s2p", "use: "+name+", from: s2p2", "to: erp", "to: erp2", "to: s2p", "to: s2p2").Replace(settings)
		fmt.Fprintf(&b, "  %s-2:%s\n", name, settings)
	}
	return head + connections + more + flows + b.String() + tail
}

// onePeerDead runs two pairs of peers and takes one System of the second pair away: the Flows of the first settle as if
// nothing had happened (I26). Back again, the others follow.
func onePeerDead(ctx context.Context, s *stand) error {
	other := &door{delay: s.door.delay}
	second, _, s2p, err := s.openPair(ctx, other)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "ml-connector.yaml"), []byte(soon(withSecond(s.site.Configuration(true), second.Configuration(true)))), 0o600); err != nil {
		return err
	}
	if _, talk, status, err := s.do(ctx, "apply", "-f", "ml-connector.yaml"); err != nil || status != 0 {
		return fmt.Errorf("apply the second pair: %d %w\n%s", status, err, talk)
	}
	if _, err := s.start(ctx); err != nil {
		return err
	}
	if err := s.moment(ctx, other.arm(isWrite, 5+s.rng.IntN(10), false)); err != nil {
		return err
	}
	s2p.down()
	gone := time.Now()
	first := func(flow string) bool { return !strings.HasSuffix(flow, "-2") }
	o, took, err := s.settle(ctx, gone, time.Minute, first)
	if err != nil || o.Open != "" || len(o.Violations) > 0 {
		return fmt.Errorf("while a peer of the second pair is away, the first pair does not settle: %w %s %v", err, o.Open, o.Violations)
	}
	s.note("the first pair settled within %.1f s", took.Seconds())
	return s2p.up(ctx)
}
