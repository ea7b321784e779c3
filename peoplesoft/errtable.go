package peoplesoft

import (
	"regexp"

	connector "ml-connector"
)

// anyNumber stands for every set, or every number of a set.
const anyNumber = -1

// Message sets that the code itself needs to name.
const (
	setBroker    = 158
	setStructure = 159
	setCI        = 91
	setQuery     = 50
)

// rule is one row of PEOPLESOFT.md §5.4.
type rule struct {
	row         int // of that table; 0 = the site's own, which goes before all
	set, number int
	pattern     *regexp.Regexp // nil = any text
	onWrite     connector.Code
	onRead      connector.Code // "" = by readCode
	meaning     string
	hint        string
}

// Rows that the code treats in a way of their own.
const (
	rowOperation   = 3  // the user may not invoke the operation
	rowNode        = 4  // the node is wrong
	rowRouting     = 5  // the operation is not active
	rowHandler     = 9  // its handler is not
	rowNoComponent = 24 // there is no such Component Interface
	rowComponent   = 25 // the user may not use it

	rowDuplicate  = 8  // ExternalMessageID received before
	rowConcurrent = 17 // somebody else changed the document at the same time
	rowExists     = 18 // a row with this key is there
	rowKeyExists  = 20 // a document with these keys is there
	rowNoDocument = 21 // there is none with these keys
	rowTimeout    = 35 // a write that met it may have happened, whatever else is said
)

func phrase(text string) *regexp.Regexp { return regexp.MustCompile(`(?i)` + text) }

// rules is the table of PEOPLESOFT.md §5.4 in its order. The class "invalid" there is misconfigured where it speaks of a
// node, routing, operation, service, query or profile.
func rules() []rule {
	const (
		user   = "Check user and password; after several attempts the account may now be locked. A PeopleSoft security administrator can tell."
		perms  = "Ask the PeopleSoft security administrator to add the service operation to the permission list of this user, with full access."
		retry  = "It is tried again. If it lasts, the PeopleSoft administrator looks at the gateway and the application server."
		exists = "Look for it in PeopleSoft by its key; it may be what an earlier attempt wrote."
	)
	return append(signOnRules(user, perms), append(brokerRules(retry), append(contentRules(exists), phraseRules(retry)...)...)...)
}

func signOnRules(user, perms string) []rule {
	return []rule{
		{row: 1, set: setBroker, number: 45, onWrite: connector.Credentials, meaning: "PeopleSoft refused the password", hint: user},
		{row: 2, set: setBroker, number: 55, onWrite: connector.Credentials, meaning: "PeopleSoft does not know the user, or the node that calls has no valid default user",
			hint: "Check the user id; for messages, check that the node `from_node` exists in PeopleSoft and has a default user, as the node ANONYMOUS should have."},
		{row: 3, set: setBroker, number: 536, onWrite: connector.Forbidden, meaning: "the user may not invoke the service operation", hint: perms},
		{row: 3, set: anyNumber, number: anyNumber, pattern: phrase(`not authori[sz]ed to invoke`), onWrite: connector.Forbidden, meaning: "the user may not invoke the service operation", hint: perms},
		{row: 4, set: setBroker, number: 505, onWrite: connector.Misconfigured, meaning: "PeopleSoft has no node of this name",
			hint: "The setting `node` is wrong: use the name of the node that is marked Local Node in PeopleTools > Integration Broker > Integration Setup > Nodes."},
		{row: 34, set: 48, number: anyNumber, onWrite: connector.Credentials, meaning: "PeopleSoft refused the sign-on", hint: "The account may be locked or its password expired: ask the PeopleSoft security administrator to unlock it or to set a new password."},
		{row: 34, set: 124, number: anyNumber, onWrite: connector.Credentials, meaning: "PeopleSoft refused the sign-on", hint: "The account may be locked or its password expired: ask the PeopleSoft security administrator to unlock it or to set a new password."},
		{row: 34, set: anyNumber, number: anyNumber, pattern: phrase(`\b(user|operator|your)\b[^.]{0,40}\b(has been|is|was) (locked|disabled)|\bpassword (has |is |was )?(been )?expired|\bexpired password`), onWrite: connector.Credentials,
			meaning: "the account is locked or its password has expired", hint: "Ask the PeopleSoft security administrator to unlock the account or to set a new password."},
		{row: 36, set: anyNumber, number: anyNumber, pattern: phrase(`PSFT Authentication token failed`), onWrite: connector.Credentials, meaning: "the PS_TOKEN is expired or foreign", hint: "Give the secret `ps_token` a new token."},
	}
}

func brokerRules(retry string) []rule {
	handler := "Ask the PeopleSoft administrator to activate the operation's handler and to set its queue to Run."
	return []rule{
		{row: 5, set: anyNumber, number: anyNumber, pattern: phrase(`unable to find a routing`), onWrite: connector.Misconfigured, meaning: "the service operation is not active, has no routing, or its alias is wrong",
			hint: "The node is right, but the service operation is not active or has no any-to-local routing. The PeopleSoft administrator activates it; check alias and version in the profile."},
		{row: 6, set: setBroker, number: 10721, onWrite: connector.Unavailable, meaning: "the gateway can't reach PeopleSoft behind it", hint: retry},
		{row: 7, set: anyNumber, number: anyNumber, pattern: phrase(`external\s*system\s*contact|external\s*application\s*exception`), onWrite: connector.Unavailable, meaning: "the gateway can't reach PeopleSoft behind it", hint: retry},
		{row: rowDuplicate, set: anyNumber, number: anyNumber, pattern: phrase(`(?:duplicate|already).*external\s*message\s*id|external\s*message\s*id.*(?:duplicate|already)`), onWrite: connector.Conflict,
			meaning: "PeopleSoft received this message before", hint: "Nothing to do: it counts as sent and is looked up."},
		{row: 9, set: setBroker, number: anyNumber, pattern: phrase(`handler|not active|inactive`), onWrite: connector.Misconfigured, meaning: "the operation's handler is not active", hint: handler},
		{row: 10, set: setBroker, number: anyNumber, pattern: phrase(`paused`), onWrite: connector.Unavailable, meaning: "a queue, node or domain of PeopleSoft is paused", hint: "Ask the PeopleSoft administrator to start it in the Service Operations Monitor."},
		{row: 11, set: setBroker, number: anyNumber, onWrite: connector.Rejected, meaning: "PeopleSoft's Integration Broker reports an error", hint: "Give this text to the PeopleSoft administrator; the Service Operations Monitor has the entry."},
		{row: 12, set: setStructure, number: 5, onWrite: connector.Invalid, meaning: "PeopleSoft could not read the XML", hint: "Look for odd characters in the record; if there are none, this is a defect of ml-connector: report it with the Exchange."},
		{row: 13, set: setStructure, number: anyNumber, onWrite: connector.Misconfigured, meaning: "the message does not fit the structure that PeopleSoft expects", hint: "Compare the profile (names of fields, namespace, message version) with the service's WSDL."},
	}
}

func contentRules(exists string) []rule {
	return []rule{
		{row: 14, set: 15, number: 11, onWrite: connector.Rejected, meaning: "a value is not in PeopleSoft's list of valid values", hint: "Create the value in PeopleSoft, or map it to one that exists (crosswalk), then replay."},
		{row: 15, set: 15, number: 30, onWrite: connector.Rejected, meaning: "a required field is empty", hint: "Complete the record at its source, or the mapping, then replay."},
		{row: 16, set: 15, number: anyNumber, onWrite: connector.Rejected, meaning: "a field has a value that PeopleSoft does not accept", hint: "Correct the field at the source or in the mapping, then replay."},
		{row: 17, set: 18, number: 1, onWrite: connector.Conflict, meaning: "somebody else changed the document at the same time", hint: "Replay it; if it lasts, somebody has it open in PeopleSoft."},
		{row: 18, set: 18, number: 2, onWrite: connector.Conflict, meaning: "the row exists already", hint: exists},
		{row: 19, set: 18, number: 5, onWrite: connector.Conflict, meaning: "the change conflicts with another row", hint: exists},
		{row: 20, set: setCI, number: 49, onWrite: connector.Conflict, meaning: "a document with these keys exists already", hint: exists},
		{row: 21, set: setCI, number: 50, onWrite: connector.NotFound, meaning: "PeopleSoft has no document with these keys, or row security hides it", hint: "Look for it in PeopleSoft as the user of this Connection."},
		{row: 22, set: setCI, number: 34, onWrite: connector.Rejected, meaning: "a value could not be set", hint: "PeopleSoft gave no reason; an administrator can try the same in the Component Interface tester."},
		{row: 23, set: setCI, number: 37, onWrite: connector.Rejected, meaning: "the document was not saved", hint: "PeopleSoft gave no reason; an administrator can try the same in the Component Interface tester."},
		{row: 24, set: setCI, number: 2, onWrite: connector.Misconfigured, meaning: "there is no Component Interface of this name", hint: "Correct `ci_name` in the profile."},
		{row: 25, set: setCI, number: 6, onWrite: connector.Forbidden, meaning: "the user may not use the Component Interface", hint: ciPermission},
		{row: 25, set: 90, number: 6, onWrite: connector.Forbidden, meaning: "the user may not use the Component Interface", hint: ciPermission},
		{row: 26, set: setCI, number: anyNumber, onWrite: connector.Misconfigured, meaning: "the Component Interface does not have what was sent", hint: "Compare the names of the profile with the properties and collections of the Component Interface."},
		{row: 27, set: 180, number: 236, onWrite: connector.Rejected, meaning: "PeopleSoft's own code failed on a part that is missing", hint: "Give this text to the PeopleSoft administrator: customised code of the page, or a mandatory part that is not sent."},
		{row: 28, set: 180, number: 74, onWrite: connector.Misconfigured, meaning: "the code behind the service operation is not there", hint: "The PeopleSoft administrator deploys the handler's application class."},
		{row: 29, set: 180, number: anyNumber, onWrite: connector.Ambiguous, meaning: "PeopleSoft failed while it worked on the request", hint: adminText},
		{row: 29, set: 2, number: anyNumber, onWrite: connector.Ambiguous, meaning: "PeopleSoft failed while it worked on the request", hint: adminText},
		{row: 30, set: setQuery, number: 380, onWrite: connector.Rejected, meaning: "the query failed in the database", hint: "The author of the query checks its definition and the types of its prompts."},
		{row: 31, set: setQuery, number: anyNumber, pattern: phrase(`not authori[sz]ed|no (access|authority)|not permitted|security`), onWrite: connector.Forbidden,
			meaning: "the query is missing, private, or the user may not run it", hint: queryHint},
		{row: 31, set: setQuery, number: anyNumber, onWrite: connector.Misconfigured, meaning: "PeopleSoft could not run the query", hint: queryHint},
		{row: 33, set: customSets, number: anyNumber, onWrite: connector.Rejected, meaning: "a check of this site's own refused it", hint: "The text is the site's own; its PeopleSoft team knows the check."},
	}
}

// customSets stands for every set from 20000, which belong to the customer.
const customSets = 20000

const (
	ciPermission = "Ask the PeopleSoft security administrator for Get, Create, Save and Find on it: permission list > Component Interfaces."
	adminText    = "Give this text to the PeopleSoft administrator."
	queryHint    = "Check the query's name, owner and prompts in the profile; in PeopleSoft it must be public, and the user needs access to its records (Query access groups)."
)

func phraseRules(retry string) []rule {
	return []rule{
		{row: 25, set: anyNumber, number: anyNumber, pattern: phrase(`\bnot authori[sz]ed\b`), onWrite: connector.Forbidden, meaning: "the user may not do this", hint: ciPermission},
		{row: rowTimeout, set: anyNumber, number: anyNumber, pattern: phrase(`\bjolt\b|session pool|no available application server|application server\b[^.;]{0,40}\b(down|stopped|shut ?down|unreachable|unavailable|not (available|running|reachable))\b|\b(contact|connect|connection|reach)\b[^.;]{0,30}\bapplication server|timed?[ -]?out\b|\bTPETIME\b`), onWrite: connector.Ambiguous, onRead: connector.Unavailable,
			meaning: "PeopleSoft's application server is down or took too long", hint: retry},
		{row: 37, set: anyNumber, number: anyNumber, pattern: phrase(`combo\b|combination error`), onWrite: connector.Rejected, meaning: "the combination of ChartFields is not valid", hint: "Correct the accounting at the source, or allow the combination in PeopleSoft, then replay."},
		{row: 38, set: anyNumber, number: anyNumber, pattern: phrase(`\bbudget\b|\bexceeds\b`), onWrite: connector.Rejected, meaning: "a check refused it, by its words one of the budget", hint: "The owner of the budget decides; then replay."},
		{row: 39, set: anyNumber, number: anyNumber, pattern: phrase(`\bperiod\b.*\b(open|closed?)\b|\b(open|closed?)\b.*\bperiod\b`), onWrite: connector.Rejected, meaning: "the accounting date is in a period that is not open", hint: "Correct the accounting date or open the period, then replay."},
		{row: 40, set: anyNumber, number: anyNumber, pattern: phrase(`duplicate invoice`), onWrite: connector.Conflict, meaning: "PeopleSoft has this invoice of this supplier already", hint: "Look for supplier and invoice number in PeopleSoft; both vouchers may be in recycle."},
	}
}

// readCode turns the class of a write into that of a read: there is no record to hold, and nothing can be in doubt.
func readCode(c connector.Code) connector.Code {
	switch c {
	case connector.Rejected, connector.Invalid, connector.Conflict, connector.NotFound:
		return connector.Misconfigured
	case connector.Ambiguous:
		return connector.Unavailable
	}
	return c
}
