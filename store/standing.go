package store

import connector "ml-connector"

// Stands stores how a linked Record stands, as it was just looked up, and lets wait again what waited for that.
func (tx *Tx) Stands(rec connector.Record, standing connector.Standing) error {
	_, changed, err := tx.writeTargets(rec.Connection, rec.Kind, []target{{id: rec.ID, standing: standing}})
	if err != nil || len(changed) == 0 {
		return err
	}
	if waited, err := tx.anyWaits(string(rec.Kind)); err != nil || !waited {
		return err
	}
	linked, err := tx.counterparts(rec.Connection, rec.Kind, changed)
	if err != nil {
		return err
	}
	return tx.releaseNamed(append(changed, linked...), map[string]string{"reason": "standing changed"})
}
