package engine

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestScheduleInWords(t *testing.T) {
	t.Parallel()
	for schedule, want := range map[string]string{
		"*/15 * * * *":                      "every 15 minutes, at :00, :15, :30 and :45",
		"0,15,30,45 * * * *":                "every 15 minutes, at :00, :15, :30 and :45",
		"7-59/15 * * * *":                   "every 15 minutes, at :07, :22, :37 and :52",
		"*/5 * * * *":                       "every 5 minutes, from :00",
		"* * * * *":                         "every minute",
		"20 * * * *":                        "every hour, at :20",
		"5,35,40 * * * *":                   "every hour, at :05, :35 and :40",
		"*/25 * * * *":                      "every hour, at :00, :25 and :50",
		"@hourly":                           "every hour, at :00",
		"@daily":                            "every day at 00:00 UTC",
		"@weekly":                           "on Sundays at 00:00 UTC",
		"@monthly":                          "on the 1st at 00:00 UTC",
		"@yearly":                           "on the 1st in January at 00:00 UTC",
		"@every 10s":                        "every 10 seconds",
		"@every 1m":                         "every minute",
		"@every 90m":                        "every 1 hour 30 minutes",
		"30 6 * * 1-5":                      "on weekdays at 06:30 UTC",
		"0 6,18 2,3,11,22 * *":              "on the 2nd, 3rd, 11th and 22nd at 06:00 and 18:00 UTC",
		"0 6 13 * 5":                        "on the 13th, or on Fridays at 06:00 UTC",
		"*/10 8-17 * * 1-5":                 "every 10 minutes, at :00, :10, :20, :30, :40 and :50, from 08:00 to 17:59 UTC, on weekdays",
		"*/5 7 * * *":                       "every 5 minutes, from :00, from 07:00 to 07:59 UTC",
		"*/5 7,9 * * *":                     "every 5 minutes, from :00, in the hours 07 and 09 UTC",
		"0 6 * 7 *":                         "every day in July at 06:00 UTC",
		"CRON_TZ=America/Chicago 0 6 * * *": "every day at 06:00 in America/Chicago",
		"0 */4 * * *":                       "every day at 00:00, 04:00, 08:00, 12:00, 16:00 and 20:00 UTC",
	} {
		if got, err := ScheduleWords(schedule); err != nil || got != want {
			t.Errorf("%s is %q, not %q (%v)", schedule, got, want, err)
		}
	}
	if _, err := ScheduleWords("soon"); err == nil {
		t.Error("what is no schedule has words")
	}
}

// Two schedules that mean the same have the same words, however they are written.
func TestScheduleWordsTellMeaning(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		step := rapid.SampledFrom([]int{1, 2, 7, 10, 15, 20, 30}).Draw(t, "step")
		list := ""
		for m := 0; m < 60; m += step {
			list += fmt.Sprintf(",%d", m)
		}
		rest := rapid.SampledFrom([]string{"* * * *", "6 * * *", "8-17 1 * *", "* * 2 1,3"}).Draw(t, "rest")
		short, err := ScheduleWords(fmt.Sprintf("*/%d %s", step, rest))
		if err != nil {
			t.Fatal(err)
		}
		long, err := ScheduleWords(list[1:] + " " + rest)
		if err != nil || short != long || short == "" {
			t.Fatalf("%q and %q: %v", short, long, err)
		}
	})
}
