// SPDX-License-Identifier: LGPL-2.1-or-later

package mapfiles

// #include <mapfiles.h>
import "C"

import (
	"os"
	"runtime"
	"unsafe"
)

// Segment is one mapping of a module. Prot counts with HasProt.
type Segment struct {
	Start, End, Offset uint64

	Prot  Prot
	Flags MappingFlag
	Has   Has
	Kind  Kind
}

// Module is one ELF file, as it is loaded once. Bias counts with HasBias, what begins with
// Elf with HasELF, and Inode, DevMajor and DevMinor with HasDev.
type Module struct {
	Start, End         uint64
	Bias               uint64
	ElfOffset          uint64
	Inode              uint64
	DevMajor, DevMinor uint32
	Kind               Kind
	Flags              ModuleFlag
	Has                Has
	ElfClass, ElfData  uint32
	ElfType            uint32
	ElfMachine         uint32
	BuildIDFrom        BuildIDFrom
	BuildID            []byte // nil if there is none
	Path               string
	NameLen            int
	Segments           []Segment

	modules *Modules
	raw     *C.struct_mf_module
}

// OpenFile opens its file. The ELF file begins at ElfOffset of it. The Modules and the Iter that
// they were made of must still be open.
func (m *Module) OpenFile(flags OpenFlag) (*os.File, error) {
	if m.modules == nil {
		return nil, os.ErrInvalid
	}
	unlock, err := m.modules.shared()
	if err != nil {
		return nil, err
	}
	defer unlock()
	unlockIter, err := m.modules.iter.alone()
	if err != nil {
		return nil, err
	}
	defer unlockIter()
	fd := C.mf_module_open_fd(m.modules.iter.c(), m.raw, C.uint32_t(flags))
	if err := check("mf_module_open_fd", fd); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), m.Path), nil
}

// Modules are the ELF files that a process, or a core, has loaded.
type Modules struct {
	handle
	iter *Iter
}

// NewModules finds the modules of what an iterator walks; the iterator is rewound, and stays the
// caller's.
func NewModules(it *Iter, flags ModulesFlag) (*Modules, error) {
	unlock, err := it.alone()
	if err != nil {
		return nil, err
	}
	defer unlock()
	var made *C.struct_mf_modules
	if err := check("mf_modules_open", C.mf_modules_open(it.c(), C.uint32_t(flags), &made)); err != nil {
		return nil, err
	}
	ms := &Modules{handle: handle{p: unsafe.Pointer(made)}, iter: it}
	runtime.SetFinalizer(ms, func(ms *Modules) { ms.Close() })
	return ms, nil
}

// Close releases the modules. It always returns nil.
func (ms *Modules) Close() error {
	ms.close(func(p unsafe.Pointer) { C.mf_modules_close((*C.struct_mf_modules)(p)) })
	runtime.SetFinalizer(ms, nil)
	return nil
}

func (ms *Modules) c() *C.struct_mf_modules { return (*C.struct_mf_modules)(ms.p) }

// All returns the modules, in address order.
func (ms *Modules) All() ([]Module, error) {
	unlock, err := ms.shared()
	if err != nil {
		return nil, err
	}
	defer unlock()
	all := make([]Module, 0, int(C.mf_modules_count(ms.c())))
	for i := C.uint64_t(0); ; i++ {
		var found *C.struct_mf_module
		ret := C.mf_modules_get(ms.c(), i, &found)
		if ret <= 0 {
			return all, check("mf_modules_get", ret)
		}
		all = append(all, ms.copy(found))
	}
}

// Find returns the module that an address belongs to; ok is false if none is there.
func (ms *Modules) Find(addr uint64) (m Module, ok bool, err error) {
	unlock, err := ms.shared()
	if err != nil {
		return m, false, err
	}
	defer unlock()
	var found *C.struct_mf_module
	ret := C.mf_modules_find(ms.c(), C.uint64_t(addr), &found)
	if ret <= 0 {
		return m, false, check("mf_modules_find", ret)
	}
	return ms.copy(found), true, nil
}

func (ms *Modules) copy(raw *C.struct_mf_module) Module {
	m := Module{
		Start:       uint64(raw.start),
		End:         uint64(raw.end),
		Bias:        uint64(raw.bias),
		ElfOffset:   uint64(raw.elf_offset),
		Inode:       uint64(raw.inode),
		DevMajor:    uint32(raw.dev_major),
		DevMinor:    uint32(raw.dev_minor),
		Kind:        Kind(raw.kind),
		Flags:       ModuleFlag(raw.flags),
		Has:         Has(raw.has),
		ElfClass:    uint32(raw.elf_class),
		ElfData:     uint32(raw.elf_data),
		ElfType:     uint32(raw.elf_type),
		ElfMachine:  uint32(raw.elf_machine),
		BuildIDFrom: BuildIDFrom(raw.build_id_from),
		Path:        goPath(raw.path, raw.path_len),
		NameLen:     int(raw.name_len),
		modules:     ms,
		raw:         raw,
	}
	if raw.build_id != nil {
		m.BuildID = C.GoBytes(unsafe.Pointer(raw.build_id), C.int(raw.build_id_len))
	}
	for i := C.uint64_t(0); i < raw.n_segments; i++ {
		var s *C.struct_mf_segment
		if C.mf_modules_segment(ms.c(), raw, i, &s) <= 0 {
			break
		}
		m.Segments = append(m.Segments, Segment{
			Start: uint64(s.start), End: uint64(s.end), Offset: uint64(s.offset),
			Prot: Prot(s.prot), Flags: MappingFlag(s.flags), Has: Has(s.has), Kind: Kind(s.kind),
		})
	}
	return m
}
