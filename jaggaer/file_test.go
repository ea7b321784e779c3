package jaggaer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/wire"
)

// inFolder is an Instance whose values and payments go into a folder.
func inFolder(t *testing.T, folder string, edits ...func(connector.Settings)) *bench {
	t.Helper()
	caller, err := wire.New(wire.Config{Addresses: []string{"file://" + folder}})
	if err != nil {
		t.Fatal(err)
	}
	edits = append(edits, profileOf("file", "operations", "cfv.write"), profileOf("file", "operations", "payment.write"), profileOf(folder, "file", "folder"))
	return open(t, caller, edits...)
}

func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(text)
	}
	return out
}

func TestValuesByFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	b := inFolder(t, folder, profileOf("{value}-L", "value_templates", "Fund"))
	value := func(field, v, description, active string) connector.Write {
		return connector.Write{Kind: connector.GLAccount, Document: connector.Document{"fieldInternalName": field, "value": v, "description": description, "active": active}}
	}
	for n, r := range b.WriteBatch(t.Context(), []connector.Write{value("Account", "610000", `Supplies, "all"`, "true"), value("Fund", "14306", "Education\nfund", "true"), value("Account", "0004", "Old", "false")}) {
		if want := []string{"Account/610000", "Fund/14306", "Account/0004"}[n]; r.Err != nil || r.Receipt.ID != want {
			t.Errorf("%+v, expected %s", r, want)
		}
	}
	got := files(t, folder)
	if len(got) != 2 {
		t.Fatalf("%d files: %v", len(got), got)
	}
	for name, text := range got {
		want := "FieldInternalName,Value,Description,Active,ParentValue\nAccount,610000,\"Supplies, \"\"all\"\"\",true,\nAccount,0004,Old,false,\n"
		if strings.Contains(name, "cfv-Fund") {
			want = "FieldInternalName,Value,Description,Active,ParentValue\nFund,14306-L,Education fund,true,\n"
		}
		if text != want || !strings.HasPrefix(name, "20260302T120000.000Z-cfv-") || !strings.HasSuffix(name, ".csv") {
			t.Errorf("%s holds %q, expected %q", name, text, want)
		}
	}
	if info := b.Kind(connector.GLAccount); !info.Writes || info.LookFirst || info.Linkable || info.Class != connector.ClassUpsert {
		t.Errorf("%+v: where values come by file, nothing is looked up", info)
	}
}

func TestPaymentsByFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	b := inFolder(t, folder, profileOf([]any{"InvoiceId", "VoucherNumber", "PaymentStatus", "PaymentDate", "Amount", "Currency", "ExternalReference"}, "file", "payment_columns"))
	for _, x := range []connector.Tidings{ofVoucher(), ofPayment("900123")} {
		if err := b.Acknowledge(t.Context(), connector.Invoice, "2700101", connector.Document{}, x); err != nil {
			t.Fatal(err)
		}
		b.pass(1e9)
	}
	var all []string
	for name, text := range files(t, folder) {
		all = append(all, name[:20]+" "+strings.Split(text, "\n")[1])
	}
	if got := strings.Join(all, "|"); len(all) != 2 || !strings.Contains(got, "20260302T120000.000Z 2700101,J2700101,Payable,,,,US001-J2700101") || !strings.Contains(got, "20260302T120001.000Z 2700101,J2700101,Paid,2026-03-20,443.8,USD,US001-J2700101") {
		t.Errorf("%q", all)
	}
}

func TestAFolderThatIsNotThere(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "gone")
	b := inFolder(t, folder)
	r := b.WriteBatch(t.Context(), []connector.Write{{Kind: connector.GLAccount, Document: connector.Document{"fieldInternalName": "Account", "value": "1", "active": "true"}}})
	mustFail(t, r[0].Err, connector.Unavailable, folder)
	mustFail(t, b.Acknowledge(t.Context(), connector.Invoice, "1", nil, ofVoucher()), connector.Unavailable, folder)
	needs := []connector.Need{{Flow: "gl-accounts", Kind: connector.GLAccount, Writes: true}, {Flow: "invoices", Kind: connector.Invoice, Hears: true}}
	states := map[string]connector.StepState{}
	for _, s := range b.Check(t.Context(), needs) {
		states[s.Step] = s.State
	}
	if states["entity:cfv"] != connector.StepFailed || states["operation:payment.write"] != connector.StepWarning {
		t.Errorf("a ping says %v", states)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, s := range b.Check(t.Context(), needs) {
		if states[s.Step] = s.State; strings.HasPrefix(s.Step, "xml") {
			t.Errorf("it asks the router: %+v", s)
		}
	}
	if states["entity:cfv"] != connector.StepOK || states["operation:payment.write"] != connector.StepOK {
		t.Errorf("a ping of the folder says %v", states)
	}
}

func TestWithoutAFolderNothingIsFiled(t *testing.T) {
	t.Parallel()
	b := open(t, always(200, "{}"), profileOf("file", "operations", "payment.write"), profileOf("file", "operations", "cfv.write"))
	mustFail(t, b.CanAcknowledge(connector.Invoice), connector.Misconfigured, "file.folder")
	r := b.WriteBatch(t.Context(), []connector.Write{{Kind: connector.GLAccount, Document: connector.Document{"fieldInternalName": "Account", "value": "1", "active": "true"}}})
	mustFail(t, r[0].Err, connector.Misconfigured, "file.folder")
}

func TestAFileThatLiesThereAlreadyIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	b := open(t, always(409, ""), profileOf("file", "operations", "payment.write"), profileOf("/var/spool/x", "file", "folder"))
	mustFail(t, b.Acknowledge(t.Context(), connector.Invoice, "1", nil, ofVoucher()), connector.Unavailable, "another content")
}
