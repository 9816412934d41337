// SPDX-License-Identifier: LGPL-2.1-or-later

package mapfiles

// #include <mapfiles.h>
// #include <stdint.h>
// #include <stdlib.h>
//
// int mapfilesProgress(uintptr_t handle, uint64_t done, uint64_t total);
//
// // A handle of Go is a number, and no pointer by Go's rules.
// static inline int told(void *data, uint64_t done, uint64_t total)
// {
//	return mapfilesProgress((uintptr_t)data, done, total);
// }
//
// static inline void tell_progress(struct mf_objects_opts *opts, uintptr_t handle)
// {
//	opts->progress = told;
//	opts->progress_data = (void *)handle;
// }
import "C"

import (
	"context"
	"os"
	"runtime"
	"runtime/cgo"
	"syscall"
	"unsafe"
)

// ScanOptions say what is scanned, and how. nil is the processes given.
type ScanOptions struct {
	Flags    ObjectsFlag
	ProcRoot string                   // another procfs mount
	Progress func(done, total uint64) // before the first process and after each; must return or panic: runtime.Goexit, as of testing.T.FailNow, leaks
}

// scanning is what the callback of C is told by its handle.
type scanning struct {
	ctx      context.Context
	progress func(done, total uint64)
	panicked any
}

//export mapfilesProgress
func mapfilesProgress(handle C.uintptr_t, done, total C.uint64_t) (stop C.int) {
	s := cgo.Handle(handle).Value().(*scanning)
	// A panic must not leave the library's memory and descriptors behind: it goes on afterwards.
	defer func() {
		if s.panicked = recover(); s.panicked != nil {
			stop = 1
		}
	}()
	if s.progress != nil {
		s.progress(uint64(done), uint64(total))
	}
	if s.ctx.Err() != nil {
		return 1
	}
	return 0
}

// Objects is a scan of processes: what they map, grouped by the object behind it.
type Objects struct{ handle }

// Scan scans processes. When ctx is done it ends between two of them, with ctx's error.
func Scan(ctx context.Context, pids []int, opts *ScanOptions) (*Objects, error) {
	const op = "mf_objects_open"
	if opts == nil {
		opts = &ScanOptions{}
	}
	numbers := make([]C.int32_t, len(pids)+1) // never empty: it has an address
	for i, pid := range pids {
		n, err := cInt(op, pid)
		if err != nil {
			return nil, err
		}
		numbers[i] = C.int32_t(n)
	}
	root, err := cPath(op, opts.ProcRoot)
	if err != nil {
		return nil, err
	}
	defer C.free(unsafe.Pointer(root))
	s := &scanning{ctx: ctx, progress: opts.Progress}
	h := cgo.NewHandle(s)
	defer h.Delete()
	raw := C.struct_mf_objects_opts{
		size:      C.sizeof_struct_mf_objects_opts,
		flags:     C.uint32_t(opts.Flags),
		proc_root: root,
	}
	C.tell_progress(&raw, C.uintptr_t(h))
	var made *C.struct_mf_objects
	ret := C.mf_objects_open(&numbers[0], C.uint64_t(len(pids)), &raw, &made)
	if s.panicked != nil {
		panic(s.panicked)
	}
	if err := check(op, ret); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	objects := &Objects{handle{p: unsafe.Pointer(made)}}
	runtime.SetFinalizer(objects, func(scan *Objects) { scan.Close() })
	return objects, nil
}

// Close releases the scan. It always returns nil.
func (scan *Objects) Close() error {
	scan.close(func(p unsafe.Pointer) { C.mf_objects_close((*C.struct_mf_objects)(p)) })
	runtime.SetFinalizer(scan, nil)
	return nil
}

func (scan *Objects) c() *C.struct_mf_objects { return (*C.struct_mf_objects)(scan.p) }

// Object is one object that is mapped, by whomever. Has tells which optional fields are known:
// HasDev, HasStat, HasPath, HasDeleted, HasSeals.
type Object struct {
	Kind                   Kind
	Flags                  ObjectFlag
	Has                    Has
	Seals                  uint32
	Inode                  uint64
	DevMajor, DevMinor     uint32
	StIno, StSize          uint64
	StDevMajor, StDevMinor uint32
	StMode, StNlink        uint32
	Path                   string
	NameLen                int
	NUsers, NProcesses     uint64

	objects *Objects
	raw     *C.struct_mf_object
}

// ObjectUser is one mapping that shows an object.
type ObjectUser struct {
	PID                int
	Prot               Prot
	Flags              MappingFlag
	Start, End, Offset uint64
	Path               string
}

// Users returns the mappings that show it, by process and address. Its Objects must still be open.
func (o *Object) Users() ([]ObjectUser, error) {
	if o.objects == nil {
		return nil, os.ErrInvalid
	}
	unlock, err := o.objects.shared()
	if err != nil {
		return nil, err
	}
	defer unlock()
	var users []ObjectUser
	for i := C.uint64_t(0); ; i++ {
		var u *C.struct_mf_object_user
		ret := C.mf_objects_user(o.objects.c(), o.raw, i, &u)
		if ret <= 0 {
			return users, check("mf_objects_user", ret)
		}
		users = append(users, ObjectUser{
			PID: int(u.pid), Prot: Prot(u.prot), Flags: MappingFlag(u.flags),
			Start: uint64(u.start), End: uint64(u.end), Offset: uint64(u.offset),
			Path: goPath(u.path, u.path_len),
		})
	}
}

// OpenFile returns, with ObjectsOpenFDs, a new O_PATH descriptor of it. Its Objects must still be
// open.
func (o *Object) OpenFile() (*os.File, error) {
	const op = "mf_objects_get"
	if o.objects == nil {
		return nil, os.ErrInvalid
	}
	unlock, err := o.objects.shared()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if o.raw.fd < 0 {
		return nil, &Error{Op: op, Errno: syscall.ENXIO}
	}
	fd, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(o.raw.fd), syscall.F_DUPFD_CLOEXEC, 3)
	if errno != 0 {
		return nil, &Error{Op: op, Errno: errno}
	}
	return os.NewFile(fd, o.Path), nil
}

// All returns the objects, in the order in which they were seen.
func (scan *Objects) All() ([]Object, error) {
	unlock, err := scan.shared()
	if err != nil {
		return nil, err
	}
	defer unlock()
	all := make([]Object, 0, int(C.mf_objects_count(scan.c())))
	for i := C.uint64_t(0); ; i++ {
		var found *C.struct_mf_object
		ret := C.mf_objects_get(scan.c(), i, &found)
		if ret <= 0 {
			return all, check("mf_objects_get", ret)
		}
		all = append(all, scan.copy(found))
	}
}

// Find returns the object that a file of the caller's refers to, by identity; ok is false if
// nothing that was scanned maps it.
func (scan *Objects) Find(file *os.File) (o Object, ok bool, err error) {
	unlock, err := scan.shared()
	if err != nil {
		return o, false, err
	}
	defer unlock()
	var found *C.struct_mf_object
	var ret C.int
	err = withFD(file, func(fd C.int) { ret = C.mf_objects_find_fd(scan.c(), fd, &found) })
	if err != nil || ret <= 0 {
		if err == nil {
			err = check("mf_objects_find_fd", ret)
		}
		return o, false, err
	}
	return scan.copy(found), true, nil
}

// ScannedProcess tells how the scan of one process went. Err is nil, or why nothing of it is listed.
type ScannedProcess struct {
	PID               int
	Err               error
	Flags             ProcessFlag
	NRetries          uint64
	NUsers, NVanished uint64
}

// Processes returns the processes that were scanned.
func (scan *Objects) Processes() ([]ScannedProcess, error) {
	unlock, err := scan.shared()
	if err != nil {
		return nil, err
	}
	defer unlock()
	var all []ScannedProcess
	for i := C.uint64_t(0); ; i++ {
		var p *C.struct_mf_objects_process
		ret := C.mf_objects_process(scan.c(), i, &p)
		if ret <= 0 {
			return all, check("mf_objects_process", ret)
		}
		all = append(all, ScannedProcess{
			PID: int(p.pid), Err: check("mf_objects_process", C.int(p.error)),
			Flags: ProcessFlag(p.flags), NRetries: uint64(p.n_retries),
			NUsers: uint64(p.n_users), NVanished: uint64(p.n_vanished),
		})
	}
}

func (scan *Objects) copy(raw *C.struct_mf_object) Object {
	return Object{
		Kind:       Kind(raw.kind),
		Flags:      ObjectFlag(raw.flags),
		Has:        Has(raw.has),
		Seals:      uint32(raw.seals),
		Inode:      uint64(raw.inode),
		DevMajor:   uint32(raw.dev_major),
		DevMinor:   uint32(raw.dev_minor),
		StIno:      uint64(raw.st_ino),
		StSize:     uint64(raw.st_size),
		StDevMajor: uint32(raw.st_dev_major),
		StDevMinor: uint32(raw.st_dev_minor),
		StMode:     uint32(raw.st_mode),
		StNlink:    uint32(raw.st_nlink),
		Path:       goPath(raw.path, raw.path_len),
		NameLen:    int(raw.name_len),
		NUsers:     uint64(raw.n_users),
		NProcesses: uint64(raw.n_processes),
		objects:    scan,
		raw:        raw,
	}
}
