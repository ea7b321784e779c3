package connector

import (
	"context"
	"time"
)

// System is a kind of software that ml-connector can talk to. It holds no state; Describe, Validate and Open do no I/O.
type System interface {
	// Name is the word in `system:` of a Connection.
	Name() string
	// Describe says which settings and secrets a Connection has.
	Describe() Description
	// Validate checks the settings of one Connection against each other and fills in the defaults.
	Validate(Settings) Validation
	// Open makes an Instance that can be called by many goroutines. Settings are those in force, from Validate.
	Open(Opening) (Instance, error)
}

// Explainer is a System that can say, without any Connection, what its errors mean.
type Explainer interface {
	// Explain reads what a person pastes: a message, a line of a log, a whole answer. nil = it holds nothing that this System
	// is known to say. The code is that of a write.
	Explain(text string) *Error
}

// Settings are a Connection's settings as YAML gives them: strings, bools, int64, []any, map[string]any.
type Settings map[string]any

// SettingType is the form of a setting.
type SettingType string

// Forms of a setting.
const (
	SettingText     SettingType = "text"
	SettingInt      SettingType = "int"
	SettingBool     SettingType = "bool"
	SettingDuration SettingType = "duration" // 10m, 60s, 7d
	SettingTexts    SettingType = "texts"    // a list of texts
	SettingTree     SettingType = "tree"     // a nested map that the System checks itself
	SettingURL      SettingType = "url"      // http(s)://host[:port]
)

// Setting describes one setting or secret; the YAML parser, `connection show` and later the form and the docs read it.
type Setting struct {
	Name     string
	Type     SettingType
	Default  string // text form; "" = none
	Required bool
	Values   []string // when not empty: the only values

	Label, Help, Example, Where string   // for people; Where: in which of the vendor's own pages it is found
	BoundTo                     []string // of a secret: the settings that make up the address it is sent to; changing one drops the secret
}

// Description is what a System says of itself.
type Description struct {
	Title             string // "Oracle PeopleSoft"
	Settings, Secrets []Setting
}

// CommonSettings are those that every Connection knows (SURFACE.md "Configuration file").
func CommonSettings() []Setting {
	return []Setting{
		{Name: "overlap", Type: SettingDuration, Default: "10m", Help: "how far before the cursor each read begins, for what was committed late"},
		{Name: "settle", Type: SettingDuration, Default: "2m", Help: "the cursor stays this far behind the start of a read"},
		{Name: "lookup_settle", Type: SettingDuration, Default: "60s", Help: "time between two look-ups before absence is believed"},
		{Name: "trust_absence", Type: SettingText, Default: "auto", Values: []string{"auto", "always", "never"}, Help: "whether a look-up that finds nothing proves that a write did not happen"},
		{Name: "concurrency", Type: SettingInt, Default: "2", Help: "calls at the same time"},
		{Name: "timeout", Type: SettingDuration, Help: "of one call; without it the contract's own defaults"},
	}
}

// SettingProblem is one thing wrong with a setting; Path is dotted, from the Connection's settings.
type SettingProblem struct{ Path, Message string }

// Validation is a Connection's settings made whole.
type Validation struct {
	Settings  Settings // in force: defaults filled in, the profile whole
	Addresses []string // scheme://host:port of everything that this Connection may call
	TLS       TLSFiles
	Problems  []SettingProblem
	Warnings  []SettingProblem // of what is taken and has no effect
}

// TLSFiles name the Connection's own certificates; the secret `tls_key` holds the private key.
type TLSFiles struct {
	CA, Cert string // paths: of a PEM bundle, "" = the machine's; of a client certificate, "" = none
	Max      string // "1.2" to leave out newer versions for old hosts
}

// Opening is what a System needs to open a Connection.
type Opening struct {
	Connection string
	Settings   Settings
	Secrets    map[string]string
	Caller     Caller
	Now        func() time.Time
	Pace       Pace // nil = the real one
	// Digest is a keyed hash, to tell whether a value that must not be kept is as it was; it changes with the key; nil = none.
	// Same is one that is the same at every Connection.
	Digest, Same func(value string) string
	// Share gives use the text that Instances of this Connection, in any process of this installation, left to each other last ("" at
	// first), to one at a time, and keeps what it gives back, sealed; nil = nobody to share with. Package oauth uses it.
	Share func(ctx context.Context, use func(kept string) (keep string)) error
}

// Pace is what time and concurrency are made of. Whatever waits or does several things at once does it by a Pace, so that a
// simulation decides who goes on when. Package pace has the real one.
type Pace interface {
	// Sleep waits, and ends early with the context's error.
	Sleep(ctx context.Context, d time.Duration) error
	// Go runs f beside its caller.
	Go(f func())
	// Until waits until the channel is closed, and ends early with the context's error.
	Until(ctx context.Context, closed <-chan struct{}) error
}

// Instance is one opened Connection. What else it can do it shows by the optional interfaces below.
type Instance interface {
	// Settings are those in force; mappings read them.
	Settings() Settings
	// Kind says what can be done with a Kind here.
	Kind(Kind) KindInfo
	// Check is the ping: cheapest step first, at most one log-in attempt, no write. It never fails itself.
	Check(ctx context.Context, needs []Need) []Step
}

// KindInfo says what an Instance can do with a Kind.
type KindInfo struct {
	Reads     bool
	Retries   bool     // Read tries again itself what is safe to try, and waits when it is told to
	Needs     []string // settings without which it can't be read
	Windowed  bool     // reads by time of change; otherwise every read is of the whole
	Writes    bool
	Schema    Schema // of the Documents that Write takes
	Content   Schema // of the Documents that Read gives; no Fields = not known
	Class     Class
	CanUpdate bool
	CanCancel bool
	LookFirst bool          // a person could have entered the same: look up before the first create
	Linkable  bool          // what is found there before the first create is ours to link and to keep in step (upsert by key); otherwise it is a conflict
	Batch     int           // Documents per WriteBatch; 0 = one by one
	Late      time.Duration // not 0: what is accepted is carried out later (queue, batch); so long its absence proves nothing, and then it is lost
}

// Class says what a repeated write does (DESIGN.md "Doubt").
type Class string

// The classes of writes.
const (
	ClassNatural   Class = "N" // a natural key that we choose: found by it
	ClassUpsert    Class = "U" // upsert by our key: repeat freely
	ClassRefused   Class = "R" // the target refuses a repetition
	ClassDuplicate Class = "D" // a repetition makes a second one: look up before every resend
	ClassSilent    Class = "S" // only a person can tell
)

// Need is what an enabled Flow wants of a Connection, so that Check knows what to look at.
type Need struct {
	Flow   string
	Kind   Kind
	Reads  bool
	Writes bool
	Hears  bool // it is told what became of its records
}

// StepState is the outcome of one step of a ping.
type StepState string

// Outcomes of a step.
const (
	StepOK      StepState = "ok"
	StepWarning StepState = "warning"
	StepFailed  StepState = "failed"
	StepSkipped StepState = "skipped"
)

// Step is one step of a ping: connect, tls, gateway, token, node, query:NAME, operation:NAME, entity:NAME, xml, clock.
type Step struct {
	Step    string
	State   StepState
	Code    Code
	Took    time.Duration
	Message string
	Hint    string
	Flows   []string // that it keeps from being ready when it failed; nil = all of this Connection's
}

// Source reads.
type Source interface {
	// Read gives one page. It is called with the Next of the page before until Next is "". An error means that the page
	// could not be read and nothing of it counts; a single bad record is a Problem of the page.
	Read(ctx context.Context, q Query) (Page, error)
}

// Query asks for records of one Kind: those that changed in [From, To), the whole (From is zero), or those of Keys.
type Query struct {
	Kind  Kind
	From  time.Time
	To    time.Time
	After string // "" or the Next of the page before; opaque
	Keys  []Key
	Known func(id, stamp string) bool // when not nil: whether the caller has this content, so that its Document need not be read again
}

// Key names one record: by the System's ID, or by a number that people know.
type Key struct{ ID, Number string }

// Page is one page of a read.
type Page struct {
	Versions []Version
	Same     []Seen
	Problems []Problem
	Next     string    // "" = this was the last page
	Notes    []string  // what an administrator should hear of how the System answers; each once in the life of an Instance
	Asked    time.Time // when the engine, which fills it in, asked for it: what was read since may be newer
}

// Operation is what a write does.
type Operation string

// Operations of a write.
const (
	OpCreate Operation = "create"
	OpUpdate Operation = "update"
	OpCancel Operation = "cancel"
)

// Sink writes one Document. What may have happened is ambiguous; what surely did not is unavailable or throttled.
type Sink interface {
	Write(ctx context.Context, w Write) (Receipt, error)
}

// Write is one write. Document holds every number that we choose.
type Write struct {
	Kind      Kind
	Operation Operation
	TargetID  string // of an update
	Document  Document
	Previous  Document // of an update: the Document that both sides last agreed on, nil when none
	Lost      int      // how often the target accepted it before and then had it nowhere: what guards against a repetition must let it pass
}

// Receipt is what the System said to a write that it took.
type Receipt struct {
	ID       string   // the target's record ID; "" when the answer had none and a look-up must give it
	Version  string   // the target's own mark, "" when none
	Numbers  []string // numbers that people know the target by
	Warnings []string // in the System's words
	Life     *Life    // where it stands now, for targets with a Tracker
	Repeated bool     // the target said that it had this write already
}

// BatchSink writes several Documents in one call, with a result for each, in their order.
type BatchSink interface {
	WriteBatch(ctx context.Context, ws []Write) []Result
}

// Result is the outcome of one write of a batch.
type Result struct {
	Receipt Receipt
	Err     error
}

// Finder looks up what the target holds.
type Finder interface {
	// Find gives every object that carries the keys of the look-up's Document (or has its ID). None found is not an error.
	Find(ctx context.Context, l Lookup) ([]Found, error)
}

// Lookup asks for one object.
type Lookup struct {
	Kind     Kind
	ID       string   // the target's own ID, when it is known
	Document Document // what was or would be written: its keys are looked for
	Any      bool     // any object of this Kind at all, without a filter
}

// Found is an object as the System holds it now.
type Found struct {
	ID       string
	Numbers  []string
	Title    string
	Standing Standing
	Version  string
	Document Document // in the Sink's field names, as far as it can be read; nil when only the key is known
	Foreign  bool     // found by a key that people write too, and it does not carry the number that we chose: surely not ours
	Life     *Life
}

// BatchFinder answers several look-ups with fewer calls; results stand in the order of the look-ups.
type BatchFinder interface {
	FindBatch(ctx context.Context, ls []Lookup) ([][]Found, error)
}

// Tracker tells where a delivered object is in the System's own life.
type Tracker interface {
	Track(ctx context.Context, t Track) (Life, error)
}

// Track asks for the life of one delivered object.
type Track struct {
	Kind Kind
	ID   string
	Sent time.Time
}

// Stage is a station in the life of a delivered object.
type Stage string

// Stages in their order. Recycled (pre-edit errors too) and lost move the Delivery to held.
const (
	StageSent     Stage = "sent"
	StageStaged   Stage = "staged"
	StageRecycled Stage = "recycled"
	StageBuilt    Stage = "built"
	StagePosted   Stage = "posted"
	StagePaid     Stage = "paid"
	StageLost     Stage = "lost"
)

// Life is where a delivered object is.
type Life struct {
	Stage   Stage     `json:"stage"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
	Number  string    `json:"number,omitempty"`  // that the target's people know it by, once it surely exists
	Payment *Payment  `json:"payment,omitempty"` // of what is paid
	// Beside are Records of other Kinds that were seen with it, such as its payments; they are no part of it.
	Beside map[Kind][]Version `json:"-"`
}

// Payment is how something was paid, in the words of the target, as far as it tells.
type Payment struct {
	Method   string `json:"method"`
	Number   string `json:"number"`
	Date     string `json:"date"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// Acknowledger is a Source that can be told what became of its records at the target.
type Acknowledger interface {
	// CanAcknowledge says why it can't be told of a Kind, and which key changes that; nil when it can.
	CanAcknowledge(kind Kind) error
	// Acknowledge tells it. To tell the same again is harmless; what may have been told is ambiguous.
	Acknowledge(ctx context.Context, kind Kind, id string, record Document, t Tidings) error
}

// Tidings are what the source is told.
type Tidings struct {
	Target  string   // ID of the object at the target
	Number  string   // that the target's people know it by
	Payment *Payment // nil: not paid, or not to be told
	Void    bool     // it was told that it is paid, and it is not any more
}
