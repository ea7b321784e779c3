// Package mapping turns a source Document into a target Document by the rules of a Flow.
package mapping
