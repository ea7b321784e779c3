// Package alike says how likely it is that two Records of different Systems are the same company: by the keyed hash of a tax
// number, by names and by addresses. It knows no System; what it compares are Traits.
//
// It is pure: the same Traits give the same score, whichever comes first. It must never decide what becomes of a Delivery (the
// engine does), and never see a tax number in clear.
//
// It is proved by a table of pairs of companies, each of which must also share a key when it is likely, and by properties:
// symmetric, 1 for equals, never less for one more part that agrees.
package alike
