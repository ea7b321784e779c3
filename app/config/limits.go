package config

import (
	"regexp"
	"strconv"
	"strings"

	connector "ml-connector"
)

// plainAmount is a decimal as a person writes it, above nothing.
var plainAmount = regexp.MustCompile(`^[0-9]{1,18}(\.[0-9]{1,4})?$`)

// readLimits reads how much a Run may write.
func readLimits(n node, flow *connector.Flow) {
	for _, limit := range n.entries("changes_per_run", "creates_per_run", "share_per_run", "money_per_run") {
		switch limit.key {
		case "changes_per_run":
			most, _ := limit.value.integer(1)
			flow.MaxChanges = int(most)
		case "creates_per_run":
			most, _ := limit.value.integer(1)
			flow.MaxCreates = int(most)
		case "share_per_run":
			flow.MaxShare = limit.value.percent()
		case "money_per_run":
			text, _ := limit.value.scalar()
			if flow.MaxMoney = text; !plainAmount.MatchString(text) || strings.Trim(text, "0.") == "" {
				limit.value.fail("must be an amount such as 250000 or 250000.00; it counts in each currency for itself")
			}
		}
	}
}

// percent reads 20%.
func (n node) percent() int {
	text, _ := n.scalar()
	digits, marked := strings.CutSuffix(text, "%")
	most, err := strconv.Atoi(digits)
	if !marked || err != nil || most < 1 || most > 100 {
		n.fail("must be a share from 1%% to 100%%, such as 20%%")
		return 0
	}
	return most
}
