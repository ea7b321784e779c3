package mapping

import (
	"encoding/json"

	connector "ml-connector"
)

// The keys that each part of a file may have: the parser refuses all others, and the JSON Schema for editors is made of them.
var (
	headKeys = []string{"name", "kind", "from", "to", "needs", "schedule", "drift", "withdraw", "track", "deep", "acknowledge",
		"filter", "withdrawn", "adopt", "alike", "confirm", "stop", "title", "id", "revision", "reserve", "taken", "dated"}
	levelKeys     = []string{"let", "links", "hold", "note", "spread", "fields"}
	ruleKeys      = []string{"from", "value", "expr", "lookup", "else", "default", "cut", "when", "on", "owned", "required", "each", "as", "where", "number"}
	referenceKeys = []string{"kind", "when", "each", "as", "id", "other", "number", "usable", "optional", "ready", "reason"}
	guardKeys     = []string{"if", "message", "code", "field", "on"}
	noteKeys      = []string{"if", "message"}
	alikeKeys     = []string{"name", "likely", "tax"}
	stopKeys      = []string{"when", "fields"}
)

// guardCodes are the classes that a guard can say.
func guardCodes() []string {
	return []string{string(connector.Invalid), string(connector.Rejected), string(connector.NotFound), string(connector.Conflict)}
}

func driftRules() []string {
	return []string{string(connector.DriftOverwrite), string(connector.DriftHold), string(connector.DriftIgnore)}
}

func withdrawRules() []string {
	return []string{string(connector.WithdrawHold), string(connector.WithdrawUpdate)}
}

// What is done about a Record of the target that has the same tax number and country.
const (
	taxLink = "link" // it is linked by itself
	taxHold = "hold" // a person does it
)

func taxRules() []string { return []string{taxLink, taxHold} }

// What likely may say besides a score.
const (
	likelySame  = "same"  // only what goes by the same name holds
	likelyNever = "never" // nothing holds
)

// leastLikely is the lowest score that a Flow may take for likely: below it everything is like everything.
const leastLikely = 0.5

// acknowledgements are what a source can be told.
func acknowledgements() []string { return []string{"off", "voucher", "paid"} }

// help says in a few words what a key is for; editors show it.
var help = map[string]string{
	"name": "name of the Flow", "kind": "what its Records are", "from": "System that is read; in a field: a path from the current element", "to": "System that is written",
	"needs": "Flows that go first", "schedule": "cron, @daily or @every 10m", "drift": "what becomes of a value that changed on the side that does not own it",
	"withdraw": "what becomes of a linked Record that loses what let it through", "track": "how often delivered Records are followed at the target", "deep": "how often the last days are read again",
	"acknowledge": "what the source is told", "filter": "condition; what fails it is filtered", "withdrawn": "condition; what fails the filter and meets this takes back what was sent",
	"adopt": "the target's Record that this one is already", "alike": "what is compared with the target's before a create: a name, or name, likely and tax", "likely": "score from which on a Record is held because the target may have it already; same: only for the same name; never: it is told and holds nothing", "tax": "what becomes of one with the same tax number and country: link or hold", "confirm": "what a second person approves once it changes, as a list of [where, how it ends, hash]", "stop": "what does not wait for a second person: fields that go at once when a condition holds", "title": "one line for a person", "id": "ID that the target's Record will have",
	"revision": "the source's own count of changes", "reserve": "natural keys over the finished Document, which is called out", "dated": "the day of the Document, on which rows of Crosswalks must count", "taken": "what becomes of a second Record with the same key",
	"let": "names for values, in their order", "links": "what must be linked first", "hold": "guards: the Record is held where one is true", "note": "remarks that hold nothing",
	"spread": "a group of fields to take over as they are", "fields": "the target's fields", "value": "a text as it stands here", "expr": "an expression", "lookup": "a Crosswalk",
	"else": "what becomes of a value without a row", "default": "an expression for what is blank", "cut": "most characters; what is cut is shown", "when": "condition; else the rule does not apply",
	"on": "create: made on creation only, and the target's afterwards", "owned": "false: sent each time, but the target's", "required": "held without a value",
	"each": "an expression that gives a list", "as": "the name of one element", "where": "condition on an element", "number": "the name of the element's number, from 1; in links: a number that people know",
	"other": "what it is called at the other side", "usable": "condition; the target's Record must be ready to be used", "optional": "true: what is not linked counts as not named",
	"ready": "what it is called once it is usable", "reason": "in words, with expressions in {braces}", "if": "condition", "message": "in words, with expressions in {braces}",
	"code": "class of the Problem", "field": "field of the target that the message is about",
}

// EditorSchema is the JSON Schema of mapping files, for editors.
func EditorSchema() ([]byte, error) {
	text := map[string]any{"type": []any{"string", "number", "boolean"}} // YAML has many words for a text
	ref := func(name string) map[string]any { return map[string]any{"$ref": "#/$defs/" + name} }
	oneOf := func(values ...string) map[string]any { return map[string]any{"type": "string", "enum": values} }
	listOf := func(of any) map[string]any { return map[string]any{"type": "array", "items": of} }
	groupOf := func(of any) map[string]any { return map[string]any{"type": "object", "additionalProperties": of} }
	yes := map[string]any{"type": "boolean"}
	special := map[string]map[string]map[string]any{
		"": {"kind": oneOf(kinds()...), "needs": listOf(text), "drift": oneOf(driftRules()...), "withdraw": oneOf(withdrawRules()...), "acknowledge": oneOf(acknowledgements()...),
			"adopt": ref("reference"), "alike": {"anyOf": []any{text, ref("alike")}}, "stop": ref("stop"), "reserve": listOf(text), "taken": oneOf("conflict", "filter")},
		"level":     {"let": groupOf(text), "links": groupOf(ref("reference")), "hold": listOf(ref("guard")), "note": listOf(ref("remark")), "fields": groupOf(ref("rule"))},
		"rule":      {"else": oneOf(elseIdentity, elseBlank, elseHold), "on": oneOf("create"), "owned": yes, "required": yes},
		"reference": {"kind": oneOf(kinds()...), "optional": yes},
		"alike":     {"likely": map[string]any{"anyOf": []any{map[string]any{"type": "number", "minimum": leastLikely, "maximum": 1}, oneOf(likelySame, likelyNever)}}, "tax": oneOf(taxRules()...)},
		"stop":      {"fields": listOf(text)},
		"guard":     {"code": oneOf(guardCodes()...), "on": oneOf("create")},
	}
	properties := func(part string, keys []string, into map[string]any) map[string]any {
		for _, key := range keys {
			p := map[string]any{"description": help[key]}
			from := special[part][key]
			if from == nil {
				from = text
			}
			for k, v := range from {
				p[k] = v
			}
			into[key] = p
		}
		return into
	}
	object := func(properties map[string]any, required ...string) map[string]any {
		o := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
		if len(required) > 0 {
			o["required"] = required
		}
		return o
	}
	root := object(properties("level", levelKeys, properties("", headKeys, map[string]any{})), "name", "kind", "from", "to")
	root["$schema"], root["title"] = "https://json-schema.org/draft/2020-12/schema", "ml-connector: the rules of a flow"
	root["$defs"] = map[string]any{
		"rule":      object(properties("level", levelKeys, properties("rule", ruleKeys, map[string]any{}))),
		"reference": object(properties("reference", referenceKeys, map[string]any{}), "kind"),
		"alike":     object(properties("alike", alikeKeys, map[string]any{}), "name"),
		"stop":      object(properties("stop", stopKeys, map[string]any{}), "when", "fields"),
		"guard":     object(properties("guard", guardKeys, map[string]any{}), "if", "message"),
		"remark":    object(properties("", noteKeys, map[string]any{}), "if", "message"),
	}
	return json.MarshalIndent(root, "", "  ")
}
