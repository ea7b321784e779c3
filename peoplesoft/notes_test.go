package peoplesoft

import (
	"bytes"
	"strings"
	"testing"

	connector "ml-connector"
)

// TestWhatAnAdministratorShouldHearIsNotedOnce: a row cap below the page shows by a short page after which more came than it had
// left; an answer that is no UTF-8 shows by its bytes.
func TestWhatAnAdministratorShouldHearIsNotedOnce(t *testing.T) {
	t.Parallel()
	many := func(n int) (docs [][]map[string]any) {
		for range n {
			docs = append(docs, req("US001", "0"+string(rune('1'+len(docs))), stampIn, 2))
		}
		return docs
	}
	accented := many(2)
	accented[0][0]["A.REQUESTOR_ID"] = "Josx"
	for name, tc := range map[string]struct {
		cap, page int
		docs      [][]map[string]any
		notes     []string
	}{
		"no cap":                      {0, 500, many(6), nil},
		"a page is full":              {0, 4, many(6), nil},
		"a cap as large as all":       {12, 500, many(6), nil},
		"a cap below the page":        {5, 500, many(6), []string{"at most 5 rows"}},
		"a cap below a lone document": {3, 500, append(many(2), req("US001", "03", stampIn, 9)), []string{"at most 3 rows"}},
		"bytes that are no UTF-8":     {0, 500, accented, []string{"not in UTF-8"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := tables(t, map[string]*table{"JGR_REQ": reqTable(tc.cap, tc.docs...)})
			utf8 := site.answer
			site.answer = func(r connector.Request) (*connector.Response, error) {
				resp, err := utf8(r)
				resp.Body = bytes.ReplaceAll(resp.Body, []byte("Josx"), []byte("Jos\xe9"))
				return resp, err
			}
			i := open(t, site, "profile.query.page_size", int64(tc.page))
			for range 2 {
				var notes []string
				for q := (connector.Query{Kind: connector.Requisition}); ; {
					page, err := i.Read(t.Context(), q)
					if err != nil {
						t.Fatal(err)
					}
					notes = append(notes, page.Notes...)
					if q.After = page.Next; q.After == "" {
						break
					}
				}
				if len(notes) != len(tc.notes) {
					t.Fatalf("noted %q, expected %q", notes, tc.notes)
				}
				for n, want := range tc.notes {
					if !strings.Contains(notes[n], want) {
						t.Errorf("noted %q, expected %q", notes[n], want)
					}
				}
				tc.notes = nil // it was said
			}
		})
	}
}
