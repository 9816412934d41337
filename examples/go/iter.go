// SPDX-License-Identifier: LGPL-2.1-or-later

package mapfiles

// #include <mapfiles.h>
// #include <stdlib.h>
import "C"

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

// Options say what is listed, and how. nil, and the zero value, are the mapped files.
//
// IterOpenFDs is refused: such descriptors die at the next step. Iter.OpenFile gives files that
// are the caller's.
type Options struct {
	Flags    IterFlag
	Source   Source // from this one or not at all
	Prot     Prot   // only mappings with all these bits
	From, To uint64 // only mappings that touch [From, To); 0, 0 is all
	ProcRoot string // another procfs mount or a saved tree; of a core where files are looked for
}

// Iter walks what a process has mapped, in address order.
type Iter struct {
	handle
	mapping Mapping
	err     error
	ended   bool
}

// Open opens an iterator on a process; 0 is the caller.
func Open(pid int, opts *Options) (*Iter, error) {
	const op = "mf_iter_open"
	n, err := cInt(op, pid)
	if err != nil {
		return nil, err
	}
	return open(op, opts, func(o *C.struct_mf_iter_opts, ret **C.struct_mf_iter) C.int {
		return C.mf_iter_open(n, o, ret)
	})
}

// OpenPidfd opens an iterator on the process that a pidfd refers to, which stays the caller's and
// may be closed at once.
func OpenPidfd(pidfd int, opts *Options) (*Iter, error) {
	const op = "mf_iter_open_pidfd"
	n, err := cInt(op, pidfd)
	if err != nil {
		return nil, err
	}
	return open(op, opts, func(o *C.struct_mf_iter_opts, ret **C.struct_mf_iter) C.int {
		return C.mf_iter_open_pidfd(n, o, ret)
	})
}

// OpenCore opens an iterator on an ELF core, which stays the caller's and may be closed at once.
func OpenCore(core *os.File, opts *Options) (it *Iter, err error) {
	const op = "mf_iter_open_core"
	failed := withFD(core, func(fd C.int) {
		it, err = open(op, opts, func(o *C.struct_mf_iter_opts, ret **C.struct_mf_iter) C.int {
			return C.mf_iter_open_core(fd, o, ret)
		})
	})
	if failed != nil {
		return nil, failed
	}
	return it, err
}

// withFD keeps the file open through the call, and does not change its mode as Fd() does.
func withFD(file *os.File, call func(fd C.int)) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	if conn.Control(func(fd uintptr) { call(C.int(fd)) }) != nil {
		return os.ErrClosed // for nothing else fails there
	}
	return nil
}

func open(op string, opts *Options,
	call func(*C.struct_mf_iter_opts, **C.struct_mf_iter) C.int) (*Iter, error) {
	if opts == nil {
		opts = &Options{}
	}
	if opts.Flags&IterOpenFDs != 0 {
		return nil, &Error{Op: op, Errno: syscall.EINVAL}
	}
	root, err := cPath(op, opts.ProcRoot)
	if err != nil {
		return nil, err
	}
	defer C.free(unsafe.Pointer(root))
	raw := C.struct_mf_iter_opts{
		size:      C.sizeof_struct_mf_iter_opts,
		flags:     C.uint32_t(opts.Flags),
		source:    C.uint32_t(opts.Source),
		prot:      C.uint32_t(opts.Prot),
		from:      C.uint64_t(opts.From),
		to:        C.uint64_t(opts.To),
		proc_root: root,
	}
	var made *C.struct_mf_iter
	if err := check(op, call(&raw, &made)); err != nil {
		return nil, err
	}
	it := &Iter{handle: handle{p: unsafe.Pointer(made)}}
	runtime.SetFinalizer(it, func(it *Iter) { it.Close() })
	return it, nil
}

// Close releases the iterator. The mappings that it returned stay. It always returns nil.
func (it *Iter) Close() error {
	it.close(func(p unsafe.Pointer) { C.mf_iter_close((*C.struct_mf_iter)(p)) })
	runtime.SetFinalizer(it, nil)
	return nil
}

func (it *Iter) c() *C.struct_mf_iter { return (*C.struct_mf_iter)(it.p) }

// Next steps to the next mapping. It returns false at the end and after an error, which Err tells
// apart.
func (it *Iter) Next() bool {
	unlock, err := it.alone()
	if err != nil {
		it.mu.Lock()
		defer it.mu.Unlock()
		it.err = err
		return false
	}
	defer unlock()
	if it.ended {
		return false
	}
	var found *C.struct_mf_mapping
	ret := C.mf_next(it.c(), &found)
	if ret <= 0 {
		it.err = check("mf_next", ret)
		it.ended = true
		return false
	}
	it.mapping = copyMapping(found)
	return true
}

// Mapping is the one that Next stepped to.
func (it *Iter) Mapping() Mapping {
	it.mu.RLock()
	defer it.mu.RUnlock()
	return it.mapping
}

// Err is nil if Next returned false because the list is complete.
func (it *Iter) Err() error {
	it.mu.RLock()
	defer it.mu.RUnlock()
	return it.err
}

// Rewind begins the walk anew, on the same process in the same address space.
func (it *Iter) Rewind() error {
	unlock, err := it.alone()
	if err != nil {
		return err
	}
	defer unlock()
	if err := check("mf_iter_rewind", C.mf_iter_rewind(it.c())); err != nil {
		return err
	}
	it.err, it.ended = nil, false
	return nil
}

// Find returns the mapping that holds an address, as it is now; ok is false if nothing is there.
func (it *Iter) Find(addr uint64) (m Mapping, ok bool, err error) {
	unlock, err := it.alone()
	if err != nil {
		return m, false, err
	}
	defer unlock()
	var found *C.struct_mf_mapping
	ret := C.mf_find(it.c(), C.uint64_t(addr), &found)
	if ret <= 0 {
		return m, false, check("mf_find", ret)
	}
	return copyMapping(found), true, nil
}

// PID is the process, also where a thread or a pidfd was given; of a core what it says. 0 if it is
// closed.
func (it *Iter) PID() int {
	unlock, err := it.alone()
	if err != nil {
		return 0
	}
	defer unlock()
	return int(C.mf_iter_pid(it.c()))
}

// Source tells which source serves; SourceAuto if it is closed.
func (it *Iter) Source() Source {
	unlock, err := it.alone()
	if err != nil {
		return SourceAuto
	}
	defer unlock()
	return Source(C.mf_iter_source(it.c()))
}

// Report tells how a walk went.
type Report struct {
	NMappings, NClamped, NPartial, NVanished, NRetries uint64

	Source Source
	Flags  ReportFlag
}

// Report tells how the walk went so far.
func (it *Iter) Report() (r Report, err error) {
	unlock, err := it.alone()
	if err != nil {
		return r, err
	}
	defer unlock()
	var raw *C.struct_mf_iter_report
	if err := check("mf_iter_report", C.mf_iter_report(it.c(), &raw)); err != nil {
		return r, err
	}
	return Report{
		NMappings: uint64(raw.n_mappings),
		NClamped:  uint64(raw.n_clamped),
		NPartial:  uint64(raw.n_partial),
		NVanished: uint64(raw.n_vanished),
		NRetries:  uint64(raw.n_retries),
		Source:    Source(raw.source),
		Flags:     ReportFlag(raw.flags),
	}, nil
}

// OpenFile opens the very object that is mapped: never the wrong file. OpenInfo tells how.
func (it *Iter) OpenFile(m Mapping, flags OpenFlag) (*os.File, error) {
	unlock, err := it.alone()
	if err != nil {
		return nil, err
	}
	defer unlock()
	raw := m.raw()
	fd := C.mf_open_fd(it.c(), &raw, C.uint32_t(flags))
	if err := check("mf_open_fd", fd); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), m.Path), nil
}

// Range is [Start, End).
type Range struct{ Start, End uint64 }

// OpenInfo tells which way led to a file, and how far it is proven to be the mapped object.
type OpenInfo struct {
	Rung     Rung
	Sure     Sure
	NRetries uint64
	Holes    []Range // of a copy, what is zero because it could not be read
}

// OpenInfo tells how the last OpenFile got its file.
func (it *Iter) OpenInfo() (info OpenInfo, err error) {
	unlock, err := it.alone()
	if err != nil {
		return info, err
	}
	defer unlock()
	var raw *C.struct_mf_open_info
	if err := check("mf_open_info", C.mf_open_info(it.c(), &raw)); err != nil {
		return info, err
	}
	info = OpenInfo{Rung: Rung(raw.rung), Sure: Sure(raw.sure), NRetries: uint64(raw.n_retries)}
	if raw.n_holes > 0 {
		for _, hole := range unsafe.Slice(raw.holes, int(raw.n_holes)) {
			info.Holes = append(info.Holes, Range{uint64(hole.start), uint64(hole.end)})
		}
	}
	return info, nil
}

// Read reads bytes of the process's memory. It returns how many could be read from addr on: fewer
// than len(buf), and no error, where the memory ends.
func (it *Iter) Read(addr uint64, buf []byte) (int, error) {
	unlock, err := it.alone()
	if err != nil {
		return 0, err
	}
	defer unlock()
	var one byte // C wants an address though it reads nothing
	at := unsafe.Pointer(&one)
	if len(buf) > 0 {
		at = unsafe.Pointer(&buf[0])
	}
	n := C.mf_read(it.c(), C.uint64_t(addr), at, C.uint64_t(len(buf)))
	if n < 0 {
		return 0, check("mf_read", C.int(n))
	}
	return int(n), nil
}
