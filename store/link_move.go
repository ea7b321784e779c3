package store

import connector "ml-connector"

// MoveLink gives the Link between from and target to another Record of the same Connection, with what was agreed and the
// natural keys that were reserved: the Record to is the next revision of from.
func (tx *Tx) MoveLink(from, to, target connector.Record) error {
	const op = "move a Link"
	links, err := linksOf(tx, from.Kind, from.Connection, target.Connection, []string{from.ID})
	if err != nil {
		return err
	}
	l, ok := links[from.ID]
	if !ok || l.Other(from.Connection).ID != target.ID {
		return connector.Errorf(connector.Conflict, op, "%s and %s are not linked", from, target)
	}
	_, _, mine := sides(from.Connection, target.Connection)
	if _, err := tx.exec(op, "UPDATE links SET "+mine+" = $2 WHERE id = $1", l.ID, to.ID); err != nil {
		return err
	}
	_, err = tx.exec(op, `UPDATE natural_keys SET record = (SELECT id FROM records WHERE connection = $1 AND kind = $2 AND ext_id = $3)
 WHERE connection = $4 AND kind = $2 AND record = (SELECT id FROM records WHERE connection = $1 AND kind = $2 AND ext_id = $5)`,
		from.Connection, string(from.Kind), to.ID, target.Connection, from.ID)
	if err != nil {
		return err
	}
	tx.Enter(connector.Entry{Action: "link.moved", Subject: to.String(), Details: map[string]string{"from": from.String(), "target": target.String()}})
	return tx.releaseNamed([]connector.Record{to, target}, map[string]string{"reason": "linked: " + to.String()})
}
