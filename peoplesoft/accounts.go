package peoplesoft

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/pace"
)

// accountCacheLife is how long a whole read of a field serves look-ups at a site without JGR_ACCOUNT_BY_ID (FLOWS.md).
const accountCacheLife = time.Hour

// accountCache holds the values of ChartFields that were read whole because the site has no query by key. The one slot is
// a lock that a caller can stop waiting for.
type accountCache struct {
	lock   *pace.Slots
	pace   connector.Pace
	fields map[string]accountsRead
}

type accountsRead struct {
	at     time.Time
	values map[string]connector.Version // by record ID
}

func newAccountCache(p connector.Pace) *accountCache {
	return &accountCache{lock: pace.NewSlots(1), pace: p, fields: map[string]accountsRead{}}
}

// accountEntities are the queries of the account and of each further ChartField.
func (i *Instance) accountEntities() []entity {
	out := []entity{i.entity(entAccount)}
	for _, cf := range i.profile.chartfields {
		out = append(out, i.chartField(cf))
	}
	return out
}

// findAccount gives one value of a ChartField: by JGR_ACCOUNT_BY_ID, else from a whole read of the field, made at most once
// an hour. Nothing found is no error.
func (i *Instance) findAccount(ctx context.Context, setid, field, value string) ([]connector.Version, error) {
	whole, err := i.readsWhole(ctx, field)
	if err != nil {
		return nil, err
	}
	if field == "ACCOUNT" && !whole {
		e := i.entity(entAccountByID)
		vs, err := i.one(ctx, part{e, setid, "A.ACCOUNT", i.account}, setid, value, i.day(i.now()))
		if code := connector.CodeOf(err); code != connector.Misconfigured && code != connector.Forbidden {
			return vs, err
		}
	}
	for _, e := range i.accountEntities() {
		if e.columns[1].name == field {
			return i.fromWhole(ctx, e, setid+"/"+field+"/"+value)
		}
	}
	return nil, connector.Errorf(connector.Misconfigured, "look for account "+value, "no query of this Connection reads the ChartField %s", field).
		Advise("Add it to profile.chartfields.")
}

// readsWhole says whether a whole read is held that is fresh.
func (i *Instance) readsWhole(ctx context.Context, field string) (bool, error) {
	if err := i.accounts.acquire(ctx); err != nil {
		return false, err
	}
	defer i.accounts.release()
	r, ok := i.accounts.fields[field]
	return ok && i.now().Before(r.at.Add(accountCacheLife)), nil
}

func (c *accountCache) acquire(ctx context.Context) error {
	if err := c.lock.Take(ctx, c.pace); err != nil {
		return connector.Errorf(connector.Unavailable, "look for an account", "was called off").Because(err)
	}
	return nil
}

func (c *accountCache) release() { c.lock.Give() }

func (i *Instance) fromWhole(ctx context.Context, e entity, id string) ([]connector.Version, error) {
	if err := i.accounts.acquire(ctx); err != nil {
		return nil, err
	}
	defer i.accounts.release()
	field := e.columns[1].name
	r, ok := i.accounts.fields[field]
	if !ok || !i.now().Before(r.at.Add(accountCacheLife)) {
		r = accountsRead{at: i.now(), values: map[string]connector.Version{}}
		for _, setid := range i.config.setids {
			if err := i.readField(ctx, part{e, setid, "A." + field, i.account}, r.values); err != nil {
				return nil, err
			}
		}
		i.accounts.fields[field] = r
	}
	if v, ok := r.values[id]; ok {
		return []connector.Version{v}, nil
	}
	return nil, nil
}

func (i *Instance) readField(ctx context.Context, p part, into map[string]connector.Version) error {
	after := ""
	for {
		docs, last, err := i.readPage(ctx, p, after, time.Time{})
		if err != nil || len(docs) == 0 {
			return err
		}
		for _, v := range i.versions(p, docs, connector.Query{}).Versions {
			into[v.ID] = v
		}
		after = last
	}
}
