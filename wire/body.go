package wire

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
)

var errTooLarge = errors.New("the answer is too large")

// readBody reads an answer whole, decoded when it is gzip, and never more than most bytes of either form.
func readBody(answer *http.Response, most int64) ([]byte, error) {
	raw := &bounded{r: answer.Body, left: most}
	switch strings.ToLower(strings.TrimSpace(answer.Header.Get("Content-Encoding"))) {
	case "gzip", "x-gzip":
	default:
		return readAll(raw, answer.ContentLength)
	}
	if answer.ContentLength == 0 || answer.StatusCode == http.StatusNoContent || answer.StatusCode == http.StatusNotModified {
		return nil, nil
	}
	unzip, err := gzip.NewReader(raw)
	if errors.Is(err, io.EOF) {
		return nil, nil // marked as gzip, and empty
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(&bounded{r: unzip, left: most})
}

// mostTrusted is how much room an answer gets on its word alone.
const mostTrusted = 1 << 20

// readAll is io.ReadAll with room for as much as the answer says that it has.
func readAll(r io.Reader, says int64) ([]byte, error) {
	if says <= 0 || says > mostTrusted {
		return io.ReadAll(r)
	}
	b := bytes.NewBuffer(make([]byte, 0, int(says)+bytes.MinRead))
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
}

// bounded is a reader that fails, rather than ends, where too much comes.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n, errTooLarge
	}
	return n, err
}
