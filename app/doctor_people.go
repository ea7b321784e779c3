package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// nearEnd is how long before its end a token is warned of.
const nearEnd = 14 * 24 * time.Hour

// doctorPeople looks whether somebody can administer the server, and which tokens end soon.
func (a *App) doctorPeople(ctx context.Context, d *Diagnosis) error {
	all, err := a.DB.People(ctx)
	if err != nil {
		return err
	}
	admin := slices.ContainsFunc(all, func(p store.Person) bool {
		return p.CanLogIn() && slices.Contains(p.Roles, people.Admin)
	})
	switch {
	case admin:
		d.well("people", "", fmt.Sprintf("%d may log in, an administrator among them", len(all)))
	case len(all) == 0:
		d.warn("people", "", connector.Misconfigured, "nobody can log in yet", "Open the link that `ml-connector serve` prints when it starts, or: ml-connector user add NAME --role admin")
	default:
		d.warn("people", "", connector.Misconfigured, "there is no administrator who can log in", "ml-connector user add NAME --role admin, or user invite NAME")
	}
	a.doctorSignOn(ctx, d)
	tokens, err := a.DB.APITokens(ctx)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		left := t.Until.Sub(a.Now())
		mend := fmt.Sprintf("Make another one for what uses it, then: ml-connector token revoke %s", t.Name)
		switch {
		case t.Until.IsZero():
			d.well("token", t.Name, "counts until it is revoked")
		case left <= 0:
			d.warn("token", t.Name, connector.Credentials, "has ended at "+t.Until.UTC().Format(time.RFC3339), mend)
		case left < nearEnd:
			d.warn("token", t.Name, connector.Credentials, "ends at "+t.Until.UTC().Format(time.RFC3339), mend)
		default:
			d.well("token", t.Name, "counts until "+t.Until.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

// doctorSignOn asks the identity provider what it says of itself, and whether it is that of who signs on.
func (a *App) doctorSignOn(ctx context.Context, d *Diagnosis) {
	c := a.Process.OIDC
	if c == nil {
		return
	}
	if _, _, err := a.BeginSignOn(ctx); err != nil {
		e := connector.AsError(err)
		d.warn("sign-on", c.Name, e.Code, e.Message, e.Hint)
		return
	}
	d.well("sign-on", c.Name, c.Issuer+" answers, and names no address elsewhere")
}
