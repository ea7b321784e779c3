package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
)

// Listed are the parameters of every list.
type Listed struct {
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many rows."`
}

func (l *Listed) most() int { return l.Limit }

// rows is one part of a list.
type rows[T any] struct {
	Link string `header:"Link" doc:"Where the next rows are (rel=next); absent at the end."`
	Body []T
}

// errEnough ends a list whose part is full.
var errEnough = errors.New("enough")

// list registers a list. each hands on rows beginning after the one that was named; after gives a row's name.
func list[I, T any, P interface {
	*I
	most() int
}](a *API, path, id, summary string, each func(context.Context, P, func(T) error) error, after func(T) string) {
	tell(a, http.MethodGet, path, id, summary, func(ctx context.Context, in *I) (rows[T], error) {
		out, most := rows[T]{Body: []T{}}, P(in).most()
		err := each(ctx, in, func(row T) error {
			if len(out.Body) == most {
				out.Link = next(ctx, after(out.Body[most-1]))
				return errEnough
			}
			out.Body = append(out.Body, row)
			return nil
		})
		if errors.Is(err, errEnough) {
			err = nil
		}
		return out, err
	})
}

type addressKey struct{}

// next is the header Link to what follows a row.
func next(ctx context.Context, after string) string {
	at, _ := ctx.Value(addressKey{}).(*url.URL)
	if at == nil {
		return ""
	}
	query := at.Query()
	query.Set("after", after)
	return "<" + at.EscapedPath() + "?" + query.Encode() + `>; rel="next"`
}

// behind hands on the rows of a whole list that follow the one of a name.
func behind[T any](all []T, name string, nameOf func(T) string, fn func(T) error) error {
	passed := name == ""
	for _, row := range all {
		if !passed {
			passed = nameOf(row) == name
			continue
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return nil
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
