// SPDX-License-Identifier: LGPL-2.1-or-later

package mapfiles

// #include <mapfiles.h>
import "C"

import (
	"runtime"
	"unsafe"
)

// Table is a whole list in memory, for those who ask it again and again.
type Table struct{ handle }

// NewTable loads what an iterator walks; the iterator is rewound, and stays the caller's.
func NewTable(it *Iter) (*Table, error) {
	unlock, err := it.alone()
	if err != nil {
		return nil, err
	}
	defer unlock()
	var made *C.struct_mf_table
	if err := check("mf_table_open", C.mf_table_open(it.c(), 0, &made)); err != nil {
		return nil, err
	}
	t := &Table{handle{p: unsafe.Pointer(made)}}
	runtime.SetFinalizer(t, func(t *Table) { t.Close() })
	return t, nil
}

// Close releases the table. It always returns nil.
func (t *Table) Close() error {
	t.close(func(p unsafe.Pointer) { C.mf_table_close((*C.struct_mf_table)(p)) })
	runtime.SetFinalizer(t, nil)
	return nil
}

func (t *Table) c() *C.struct_mf_table { return (*C.struct_mf_table)(t.p) }

// Len is how many mappings it holds; 0 if it is closed.
func (t *Table) Len() int {
	unlock, err := t.shared()
	if err != nil {
		return 0
	}
	defer unlock()
	return int(C.mf_table_count(t.c()))
}

// At returns one mapping, by index in address order; ok is false if there are not so many.
func (t *Table) At(index int) (m Mapping, ok bool, err error) {
	unlock, err := t.shared()
	if err != nil {
		return m, false, err
	}
	defer unlock()
	var raw C.struct_mf_mapping
	if index < 0 {
		return m, false, nil
	}
	ret := C.mf_table_get(t.c(), C.uint64_t(index), &raw, C.sizeof_struct_mf_mapping)
	if ret <= 0 {
		return m, false, check("mf_table_get", ret)
	}
	return copyMapping(&raw), true, nil
}

// Find returns the index of the mapping that holds an address, or -1.
func (t *Table) Find(addr uint64) (int, error) {
	unlock, err := t.shared()
	if err != nil {
		return -1, err
	}
	defer unlock()
	var index C.uint64_t
	ret := C.mf_table_find(t.c(), C.uint64_t(addr), &index)
	if ret <= 0 {
		return -1, check("mf_table_find", ret)
	}
	return int(index), nil
}

// FindObject returns the index, from one on, of a mapping that shows the byte at like.Offset of
// its object, or -1.
func (t *Table) FindObject(like Mapping, from int) (int, error) {
	unlock, err := t.shared()
	if err != nil {
		return -1, err
	}
	defer unlock()
	if from < 0 {
		from = 0
	}
	var index C.uint64_t
	raw := like.raw()
	ret := C.mf_table_find_object(t.c(), &raw, C.uint64_t(from), &index)
	if ret <= 0 {
		return -1, check("mf_table_find_object", ret)
	}
	return int(index), nil
}

// Refresh loads anew; then Changes gives the differences. On failure all is as it was.
func (t *Table) Refresh(it *Iter) error {
	unlock, err := t.alone()
	if err != nil {
		return err
	}
	defer unlock()
	unlockIter, err := it.alone()
	if err != nil {
		return err
	}
	defer unlockIter()
	return check("mf_table_refresh", C.mf_table_refresh(t.c(), it.c()))
}

// Change is one difference between two states of a table.
type Change struct {
	Action        ChangeAction
	Differs       Differs
	Before, After *Mapping
}

func copyMappingOrNil(raw *C.struct_mf_mapping) *Mapping {
	if raw == nil {
		return nil
	}
	m := copyMapping(raw)
	return &m
}

// Changes returns what the last Refresh found; each is given once.
func (t *Table) Changes() ([]Change, error) {
	unlock, err := t.alone()
	if err != nil {
		return nil, err
	}
	defer unlock()
	var found []Change
	for {
		var raw *C.struct_mf_change
		ret := C.mf_table_next_change(t.c(), &raw)
		if ret <= 0 {
			return found, check("mf_table_next_change", ret)
		}
		found = append(found, Change{
			Action:  ChangeAction(raw.action),
			Differs: Differs(raw.differs),
			Before:  copyMappingOrNil(raw.before),
			After:   copyMappingOrNil(raw.after),
		})
	}
}
