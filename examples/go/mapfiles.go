// SPDX-License-Identifier: LGPL-2.1-or-later

// Package mapfiles lists what a Linux process has mapped, and opens the objects behind it:
// libmapfiles for Go.
//
//	it, err := mapfiles.Open(pid, nil)
//	if err != nil {
//		return err
//	}
//	defer it.Close()
//	for it.Next() {
//		m := it.Mapping()
//		fmt.Printf("%x %v %q\n", m.Start, m.Kind, m.Path)
//	}
//	return it.Err() // only nil means that the list is complete
//
// What is returned is a copy: it stays when the iterator moves on or is closed. An *os.File that
// is returned is the caller's. A path is a string of whatever bytes the kernel has. What a
// function does in detail, and its errors, stand in <mapfiles.h> under the same name.
//
// # Goroutines and threads
//
// All may be called from any goroutine: what wants to be alone with an object waits for the
// others. Different iterators are independent. A call into the library keeps its thread of the
// operating system while it lasts, as every call of C does; a goroutine that is moved to another
// thread between two calls loses nothing, since the library keeps nothing in threads. But the
// kernel judges by thread: whoever changed the credentials or namespaces of one thread alone must
// hold it by runtime.LockOSThread.
//
// # Closing
//
// Close may be called twice; all later calls return os.ErrClosed. What is forgotten is closed when
// it is garbage, some day: a walk holds a few descriptors until then.
package mapfiles

// #cgo pkg-config: libmapfiles
// #include <mapfiles.h>
// #include <stdlib.h>
import "C"

import (
	"math"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// Error is a refusal of the library. errors.Is(err, syscall.ESRCH) tells which, and
// errors.Is(err, fs.ErrPermission) and the like hold too.
type Error struct {
	Op      string        // the function of <mapfiles.h>
	Errno   syscall.Errno // what it returned
	Refusal Refusal       // of mf_remap: why
}

func (e *Error) Error() string {
	text := C.GoString(C.mf_strerror(C.int(e.Errno)))
	if e.Refusal != RefusalNone {
		text = e.Refusal.String()
	} else if text == "unexpected error" {
		// Passed through from a system call: the C library knows what it is.
		text = e.Errno.Error()
	}
	return e.Op + ": " + text
}

// Unwrap returns the Errno.
func (e *Error) Unwrap() error { return e.Errno }

func check(op string, ret C.int) error {
	if ret >= 0 {
		return nil
	}
	return &Error{Op: op, Errno: syscall.Errno(-ret)}
}

// handle is what the library made and must release: once, and never while it is used.
type handle struct {
	mu sync.RWMutex
	p  unsafe.Pointer // nil: closed
}

func (h *handle) close(release func(unsafe.Pointer)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.p != nil {
		release(h.p)
		h.p = nil
	}
}

// alone and shared return what releases the lock; it also keeps h from being garbage till then.
func (h *handle) alone() (unlock func(), err error) {
	h.mu.Lock()
	if h.p == nil {
		h.mu.Unlock()
		return nil, os.ErrClosed
	}
	return h.mu.Unlock, nil
}

func (h *handle) shared() (unlock func(), err error) {
	h.mu.RLock()
	if h.p == nil {
		h.mu.RUnlock()
		return nil, os.ErrClosed
	}
	return h.mu.RUnlock, nil
}

// cInt refuses what C would cut to size.
func cInt(op string, n int) (C.int, error) {
	if n < math.MinInt32 || n > math.MaxInt32 {
		return 0, &Error{Op: op, Errno: syscall.EINVAL}
	}
	return C.int(n), nil
}

// cPath returns nil for "", and what the caller frees.
func cPath(op, path string) (*C.char, error) {
	if path == "" {
		return nil, nil
	}
	if _, err := syscall.BytePtrFromString(path); err != nil {
		return nil, &Error{Op: op, Errno: syscall.EINVAL}
	}
	return C.CString(path), nil
}

func goPath(path *C.char, n C.uint32_t) string {
	if path == nil {
		return ""
	}
	return string(unsafe.Slice((*byte)(unsafe.Pointer(path)), int(n)))
}

// Version is that of the library that is loaded.
func Version() (major, minor, patch int) {
	v := int(C.mf_version())
	return v >> 16, v >> 8 & 0xff, v & 0xff
}

func (k Kind) String() string    { return C.GoString(C.mf_kind_name(C.uint32_t(k))) }
func (s Source) String() string  { return C.GoString(C.mf_source_name(C.uint32_t(s))) }
func (r Rung) String() string    { return C.GoString(C.mf_rung_name(C.uint32_t(r))) }
func (s Sure) String() string    { return C.GoString(C.mf_sure_name(C.uint32_t(s))) }
func (r Refusal) String() string { return C.GoString(C.mf_refusal_text(C.uint32_t(r))) }
func (w Why) String() string     { return C.GoString(C.mf_why_text(C.uint32_t(w))) }

// Explain says why one kind of access to a process is refused to the caller, or WhyAllowed.
// procRoot is another procfs mount, or "".
func Explain(pid int, access Access, procRoot string) (Why, error) {
	const op = "mf_explain"
	cpid, err := cInt(op, pid)
	if err != nil {
		return 0, err
	}
	root, err := cPath(op, procRoot)
	if err != nil {
		return 0, err
	}
	defer C.free(unsafe.Pointer(root))
	opts := C.struct_mf_explain_opts{size: C.sizeof_struct_mf_explain_opts, proc_root: root}
	ret := C.mf_explain(cpid, C.uint32_t(access), &opts)
	if err := check(op, ret); err != nil {
		return 0, err
	}
	return Why(ret), nil
}
