package connector

// Requirer is a System at whose side people must build or grant something before a Connection works.
type Requirer interface {
	// Requirements lists all of it for what Flows need, in the order in which it is built. Settings are those in force, from
	// Validate. It does no I/O and needs no secret.
	Requirements(Settings, []Need) []Requirement
}

// Requirement is one thing that an administrator of the System builds or grants.
type Requirement struct {
	Group   string   `json:"group"` // what sort of thing it is, in the System's words: "query", "permission list"
	Name    string   `json:"name"`
	Purpose string   `json:"purpose"` // what it is for, one sentence
	Flows   []string `json:"flows"`   // that need it
	Without string   `json:"without"` // what is lost without it; "" = its Flows can't do without
	Facts   []Fact   `json:"facts"`
	Text    string   `json:"text"` // to be taken as it stands, such as SQL; "" = none
}

// Fact is one thing that a Requirement says of itself, in one line or several.
type Fact struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}
