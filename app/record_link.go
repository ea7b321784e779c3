package app

import (
	"context"
	"net/url"
	"strings"

	connector "ml-connector"
)

// RecordLink is the address of a Record's page in its own System, as the profile's links.<kind> says: in it {id} stands for the
// Record's ID, {id.1}, {id.2} for its parts between slashes. "" where none is said. An address that is none of the web is not told.
func (a *App) RecordLink(ctx context.Context, rec connector.Record) (string, error) {
	c, err := a.DB.Connection(ctx, rec.Connection)
	if connector.CodeOf(err) == connector.NotFound {
		return "", nil // it was removed since
	}
	if err != nil {
		return "", err
	}
	profile, _ := c.Settings["profile"].(map[string]any)
	links, _ := profile["links"].(map[string]any)
	pattern, _ := links[string(rec.Kind)].(string)
	if pattern == "" {
		return "", nil
	}
	filled := []string{"{id}", url.QueryEscape(rec.ID)}
	for n, part := range strings.Split(rec.ID, "/") {
		filled = append(filled, "{id."+string(rune('1'+n))+"}", url.QueryEscape(part))
		if n == 8 {
			break
		}
	}
	address := strings.NewReplacer(filled...).Replace(pattern)
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", nil
	}
	return address, nil
}
