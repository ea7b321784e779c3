package jaggaersim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The older supplier model of module ja (JAGGAER.md §3.1, §4.2, §5.1): the same suppliers, as company profiles.

// companyFields are the members of returnCompanyInfo and the header fields that they come from.
var companyFields = map[string]string{
	"companyName": "name", "extCode": "erpNumber", "extUniqueCode": "duns", "webSite": "webSiteURL", "euVat": "vatIdentificationNumber",
	"fiscalCode": "taxIdentificationNumber", "status": "registrationStatus", "bizLegalStruct": "legalStructure", "isoCountry": "countryOfOrigin",
}

func (s *Server) routeCompany(c call) call {
	c.entity = Supplier
	switch c.Method {
	case http.MethodGet:
		c.operation, c.handle = "company.list", s.listCompanies
	case http.MethodPost:
		c.operation, c.handle = "company.write", s.writeCompany
	default:
		c.operation = "company.list"
		return s.only(c, http.MethodGet)
	}
	return c
}

// companyField is a field of a company by the names that filters use.
func companyField(r *row, field string) any {
	switch field {
	case "BRAVOID", "bravoId":
		return r.head()["supplierId"]
	case "TYPE", "type":
		return "SELLER"
	case "LASTMODTIME", "lastModTime":
		return r.head()["lastUpdate"]
	}
	return r.head()[companyFields[field]]
}

// listCompanies gives returnCompanyData at the top level, with codes and counts as text.
func (s *Server) listCompanies(c call) answer {
	refuse := func() answer {
		return jsonAnswer(http.StatusOK, doc{"returnCode": "2", "returnMessage": "Invalid filter: " + c.query[s.profile.FilterParam], "totRecords": "0", "returnedRecords": "0", "startAt": "1"})
	}
	match := filter(func(func(string) any) bool { return true })
	if text := c.query[s.profile.FilterParam]; text != "" && !s.ignoresFilter(Supplier) {
		f, err := parseFilter(text, s.switches.PlainStar, func(field string) bool {
			_, known := companyFields[field]
			return known || slices.Contains([]string{"BRAVOID", "bravoId", "TYPE", "type", "LASTMODTIME", "lastModTime"}, field)
		})
		if err != nil {
			return refuse()
		}
		match = f
	}
	start, err := strconv.Atoi(c.query[s.profile.StartParam])
	if c.query[s.profile.StartParam] == "" {
		start, err = s.profile.StartBase, nil
	}
	if err != nil || start < s.profile.StartBase {
		return s.refusal(http.StatusBadRequest, 2, "Parameter "+s.profile.StartParam+" must be a positive integer")
	}
	var found []any
	for _, r := range s.rows[Supplier] {
		if match(func(field string) any { return companyField(r, field) }) {
			found = append(found, doc{"returnCompanyInfo": companyInfo(r)})
		}
	}
	from := min(start-s.profile.StartBase, len(found))
	page := found[from:min(from+s.switches.pageSize(), len(found))]
	out := doc{"returnCode": "0", "returnMessage": "OK", "totRecords": strconv.Itoa(len(found)), "returnedRecords": strconv.Itoa(len(page)), "startAt": strconv.Itoa(start)}
	if len(page) > 0 {
		out["returnCompanyData"] = page
	}
	return jsonAnswer(http.StatusOK, out)
}

func companyInfo(r *row) doc {
	info := doc{"bravoId": r.head()["supplierId"], "type": "SELLER", "lastModTime": strings.NewReplacer("-", "", ":", "", "T", "").Replace(r.text("lastUpdate")[:19])}
	for name, from := range companyFields {
		if v := r.text(from); v != "" {
			info[name] = v
		}
	}
	for _, a := range items(r.body, "addressList.address") {
		info["address"], info["zip"], info["city"], info["province"] = text(a, "addressLine1"), text(a, "postalCode"), text(a, "city"), text(a, "state")
		break
	}
	return info
}

// writeCompany is POST companyprofiles with its operation codes.
func (s *Server) writeCompany(c call) answer {
	in, refused := s.readJSON(c)
	if refused != nil {
		return *refused
	}
	code, info := text(in, "company.operationCode"), doc{}
	if v, ok := at(in, "company.companyInfo").(doc); ok {
		info = v
	}
	h := doc{}
	for name, to := range companyFields {
		if v := text(info, name); v != "" && name != "status" {
			h[to] = v
		}
	}
	old := s.byText(Supplier, "erpNumber", text(info, "extCode"))
	switch {
	case code != "CREATE" && code != "UPDATE" && code != "CREATEUPDATE":
		return s.companyRefusal(2, "124(operationCode)")
	case code == "CREATE" && old != nil:
		return s.companyRefusal(1, "112(EXT_CODE)")
	case code == "UPDATE" && old == nil:
		return s.companyRefusal(2, "Company "+text(info, "extCode")+" does not exist")
	case old == nil && text(info, "companyName") == "":
		return s.companyRefusal(2, "124(companyName)")
	}
	body := doc{"header": h}
	if text(info, "city") != "" {
		body["addressList"] = doc{"address": list(doc{"type": "physical", "addressLine1": text(info, "address"), "city": text(info, "city"), "state": text(info, "province"), "postalCode": text(info, "zip")})}
	}
	r, _, parts := s.upsertSupplier(body)
	if len(parts) > 0 {
		return s.companyRefusal(2, parts[0].text)
	}
	return jsonAnswer(http.StatusOK, doc{"returnCode": "0", "returnMessage": "OK", "bravoId": r.head()["supplierId"]})
}

func (s *Server) companyRefusal(code int, message string) answer {
	return jsonAnswer(http.StatusOK, doc{"returnCode": strconv.Itoa(code), "returnMessage": message})
}
