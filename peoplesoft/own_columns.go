package peoplesoft

import (
	"fmt"
	"slices"

	connector "ml-connector"
)

// alikeQueries are the companions that give the same rows as their entity's query, so that they have the site's own columns too.
var alikeQueries = []string{entVendorByID, entVendorByExt, entAccountByID, entPOByID}

// withOwnColumns adds the columns that the site has added to a query.
func withOwnColumns(columns []column, own []ownColumn) []column {
	for _, o := range own {
		form := formText
		switch o.field.Type {
		case connector.TypeNumber:
			form = formNumber
		case connector.TypeDate:
			form = formDate
		}
		columns = withColumn(columns, o.alias+"."+o.field.Name, form)
	}
	return columns
}

// ownColumnProblems tells columns that no query of ours can have.
func ownColumnProblems(p profile) []connector.SettingProblem {
	var f filler
	for entity, spec := range p.queries {
		_, list := shapesOf(entity)
		known := columnsOf(list)
		for n, o := range spec.own {
			path := join(join("profile.query", entity), fmt.Sprintf("columns[%d].name", n+1))
			var aliases []string
			for _, c := range known {
				if !slices.Contains(aliases, c.alias) {
					aliases = append(aliases, c.alias)
				}
			}
			switch {
			case slices.Contains(alikeQueries, entity): // they stand at its entity
			case o.field.Name == "":
				f.problem(path, "is required")
			case !slices.Contains(aliases, o.alias):
				f.problem(path, "is of the record %s, and the query has %q", o.alias, aliases)
			case slices.ContainsFunc(known, func(c column) bool { return c.alias == o.alias && c.name == o.field.Name }):
				f.problem(path, "is read already")
			}
		}
	}
	return f.problems
}

// ownLengths are what the site says of its own columns, by name.
func (i *Instance) ownLengths() []connector.Field {
	var out []connector.Field
	for _, name := range []string{entVendor, entAccount, entReq, entPO, entVoucher} {
		for _, o := range i.profile.queries[name].own {
			out = append(out, o.field)
		}
	}
	return out
}
