package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/systems"
)

// longestText is how much of a text is read: an answer of a System is not longer.
const longestText = 4 << 20

func (p *program) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain TEXT|-", Short: "Say what an error of PeopleSoft or JAGGAER means, offline",
		Long: "Say what an error of PeopleSoft or JAGGAER means. TEXT is a message, a line of a log or a whole answer; - reads it from standard input.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			if text == "-" {
				raw, err := io.ReadAll(io.LimitReader(p.in, longestText))
				if err != nil {
					return connector.Errorf(connector.Invalid, "explain", "the text can't be read").Because(err)
				}
				text = string(raw)
			}
			found, err := app.Explain(systems.All(), text)
			if err != nil {
				return err
			}
			return p.printExplained(found)
		},
	}
}

func (p *program) printExplained(found []app.Explanation) error {
	if p.format != "table" {
		return list(p, of(found), []string{"system", "code", "message", "hint", "then"}, func(x app.Explanation) []string {
			return []string{x.System, string(x.Code), x.Message, x.Hint, x.Then}
		})
	}
	for n, x := range found {
		if n > 0 {
			p.print("")
		}
		p.print(clean(x.Title) + ", " + string(x.Code) + ": " + clean(x.Message))
		p.print("What to do: " + clean(x.Hint))
		p.print("What ml-connector does: " + clean(x.Then))
	}
	return nil
}
