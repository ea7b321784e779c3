package wire

import (
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
		return io.ReadAll(raw)
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
