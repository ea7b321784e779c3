package wire

import (
	"time"

	connector "ml-connector"
)

// Received is the Exchange of a request that a System made to us, under a new ID, masked and cut as those that we make: secrets are
// the Connection's.
func Received(x connector.Exchange, at time.Time, secrets []string) connector.Exchange {
	m := newMask(secrets)
	x.ID, x.Started = newID(at), at.UTC()
	x.URL = m.url(x.URL)
	x.RequestHeader, x.ResponseHeader = m.headers(x.RequestHeader), m.headers(x.ResponseHeader)
	x.RequestBody, x.ResponseBody = m.body(x.RequestBody), m.body(x.ResponseBody)
	return x
}
