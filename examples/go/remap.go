// SPDX-License-Identifier: LGPL-2.1-or-later

package mapfiles

// #include <mapfiles.h>
// #include <sys/mman.h>
import "C"

import (
	"io"
	"runtime"
	"syscall"
	"unsafe"
)

// RemapPlan is what it takes to map what another process maps, or the refusal.
type RemapPlan struct {
	Offset, Length, ObjectSize, PageSize uint64

	Prot     Prot
	Shared   bool
	OpenMode Prot
	Rung     Rung
	Sure     Sure
	Refusal  Refusal
	Errno    syscall.Errno // what Remap would return for that, or 0
}

func copyPlan(raw *C.struct_mf_remap_plan) RemapPlan {
	return RemapPlan{
		Offset:     uint64(raw.offset),
		Length:     uint64(raw.length),
		ObjectSize: uint64(raw.object_size),
		PageSize:   uint64(raw.page_size),
		Prot:       Prot(raw.prot),
		Shared:     raw.flags&C.MF_MAPPING_SHARED != 0,
		OpenMode:   Prot(raw.open_mode),
		Rung:       Rung(raw.rung),
		Sure:       Sure(raw.sure),
		Refusal:    Refusal(raw.refusal),
		Errno:      syscall.Errno(-raw.error),
	}
}

// remapOpts refuses RemapReplace, which could unmap what the program itself uses.
func remapOpts(op string, flags RemapFlag, addr uint64) (C.struct_mf_remap_opts, error) {
	opts := C.struct_mf_remap_opts{
		size:  C.sizeof_struct_mf_remap_opts,
		flags: C.uint32_t(flags),
		addr:  C.uint64_t(addr),
	}
	if flags&RemapReplace != 0 {
		return opts, &Error{Op: op, Errno: syscall.EINVAL}
	}
	return opts, nil
}

// Remap maps the same object here: a write in one is seen in the other. addr counts with RemapAt,
// and is taken only where nothing is mapped; RemapReplace is refused.
func (it *Iter) Remap(m Mapping, flags RemapFlag, addr uint64) (*Remapped, error) {
	const op = "mf_remap"
	unlock, err := it.alone()
	if err != nil {
		return nil, err
	}
	defer unlock()
	opts, err := remapOpts(op, flags, addr)
	if err != nil {
		return nil, err
	}
	var at unsafe.Pointer
	var made *C.struct_mf_remap_plan
	raw := m.raw()
	ret := C.mf_remap(it.c(), &raw, &opts, &at)
	told := C.mf_remap_made(it.c(), &made)
	if ret < 0 {
		refused := &Error{Op: op, Errno: syscall.Errno(-ret)}
		if told == 0 && made.error == C.int32_t(ret) {
			refused.Refusal = Refusal(made.refusal)
		}
		return nil, refused
	}
	r := &Remapped{handle: handle{p: at}, plan: copyPlan(made)}
	runtime.SetFinalizer(r, func(r *Remapped) { r.Close() })
	return r, nil
}

// RemapPlan tells what Remap would do, without doing it.
func (it *Iter) RemapPlan(m Mapping, flags RemapFlag) (plan RemapPlan, err error) {
	const op = "mf_remap_plan"
	unlock, err := it.alone()
	if err != nil {
		return plan, err
	}
	defer unlock()
	opts, err := remapOpts(op, flags, 0)
	if err != nil {
		return plan, err
	}
	var made *C.struct_mf_remap_plan
	raw := m.raw()
	if err := check(op, C.mf_remap_plan(it.c(), &raw, &opts, &made)); err != nil {
		return plan, err
	}
	return copyPlan(made), nil
}

// Remapped is memory that is shared with another process, an io.ReaderAt and io.WriterAt. There is
// no slice of it, which could be used after Close. If somebody truncates the object, touching
// what is gone is SIGBUS, as for every mapping.
type Remapped struct {
	handle
	plan RemapPlan
}

// Close unmaps it. It always returns nil.
func (r *Remapped) Close() error {
	r.close(func(p unsafe.Pointer) { C.munmap(p, C.size_t(r.plan.Length)) })
	runtime.SetFinalizer(r, nil)
	return nil
}

// Plan tells how it was mapped.
func (r *Remapped) Plan() RemapPlan { return r.plan }

// Addr is where it is mapped, until Close; 0 if it is closed.
func (r *Remapped) Addr() uintptr {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return uintptr(r.p)
}

// part returns those of n bytes at off that there are, and io.EOF if those are fewer.
func (r *Remapped) part(off int64, n int, prot Prot) ([]byte, error) {
	if off < 0 {
		return nil, syscall.EINVAL
	}
	if r.plan.Prot&prot == 0 {
		return nil, syscall.EACCES
	}
	if uint64(off) >= r.plan.Length {
		return nil, io.EOF
	}
	part := unsafe.Slice((*byte)(r.p), int(r.plan.Length))[off:]
	if n > len(part) {
		return part, io.EOF
	}
	return part[:n], nil
}

// ReadAt copies bytes out.
func (r *Remapped) ReadAt(buf []byte, off int64) (int, error) {
	unlock, err := r.shared()
	if err != nil {
		return 0, err
	}
	defer unlock()
	part, err := r.part(off, len(buf), ProtRead)
	return copy(buf, part), err
}

// WriteAt copies bytes in; what does not fit is io.ErrShortWrite.
func (r *Remapped) WriteAt(data []byte, off int64) (int, error) {
	unlock, err := r.shared()
	if err != nil {
		return 0, err
	}
	defer unlock()
	part, err := r.part(off, len(data), ProtWrite)
	if err == io.EOF {
		err = io.ErrShortWrite
	}
	return copy(part, data), err
}
