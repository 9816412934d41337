// SPDX-License-Identifier: LGPL-2.1-or-later

package mapfiles

// #include <mapfiles.h>
import "C"

// knownHas are those bits whose fields are copied here. Others, of a newer library, must not come
// back to it.
const knownHas = HasProt | HasDev | HasOffset | HasPath | HasDeleted | HasStat | HasOpenMode | HasPageSize

// Mapping is one mapping of a process. Has tells which optional fields are known.
type Mapping struct {
	Start, End         uint64
	Offset             uint64
	Inode              uint64
	DevMajor, DevMinor uint32
	Prot               Prot
	Kind               Kind
	Flags              MappingFlag
	Has                Has
	Path               string // the kernel's name, raw bytes; "" if there is none
	NameLen            int
	OpenMode           Prot
	StMode, StNlink    uint32
	StDevMajor         uint32
	StDevMinor         uint32
	StIno, StSize      uint64
	PageSize           uint64
}

// Name is the path without the kernel's mark " (deleted)".
func (m Mapping) Name() string {
	if m.NameLen < 0 || m.NameLen > len(m.Path) {
		return m.Path
	}
	return m.Path[:m.NameLen]
}

// Shared tells whether it may be shared; with HasProt.
func (m Mapping) Shared() bool { return m.Flags&MappingShared != 0 }

// Deleted tells whether the name no longer leads to the object; with HasDeleted.
func (m Mapping) Deleted() bool { return m.Flags&MappingDeleted != 0 }

func copyMapping(raw *C.struct_mf_mapping) Mapping {
	return Mapping{
		Start:      uint64(raw.start),
		End:        uint64(raw.end),
		Offset:     uint64(raw.offset),
		Inode:      uint64(raw.inode),
		DevMajor:   uint32(raw.dev_major),
		DevMinor:   uint32(raw.dev_minor),
		Prot:       Prot(raw.prot),
		Kind:       Kind(raw.kind),
		Flags:      MappingFlag(raw.flags),
		Has:        Has(raw.has) & knownHas,
		Path:       goPath(raw.path, raw.path_len),
		NameLen:    int(raw.name_len),
		OpenMode:   Prot(raw.open_mode),
		StMode:     uint32(raw.st_mode),
		StNlink:    uint32(raw.st_nlink),
		StDevMajor: uint32(raw.st_dev_major),
		StDevMinor: uint32(raw.st_dev_minor),
		StIno:      uint64(raw.st_ino),
		StSize:     uint64(raw.st_size),
		PageSize:   uint64(raw.page_size),
	}
}

// raw is for the functions that take a mapping back; they look at no path.
func (m *Mapping) raw() C.struct_mf_mapping {
	return C.struct_mf_mapping{
		start:        C.uint64_t(m.Start),
		end:          C.uint64_t(m.End),
		offset:       C.uint64_t(m.Offset),
		inode:        C.uint64_t(m.Inode),
		dev_major:    C.uint32_t(m.DevMajor),
		dev_minor:    C.uint32_t(m.DevMinor),
		prot:         C.uint32_t(m.Prot),
		kind:         C.uint32_t(m.Kind),
		flags:        C.uint32_t(m.Flags),
		has:          C.uint32_t(m.Has & knownHas),
		fd:           -1,
		open_mode:    C.uint32_t(m.OpenMode),
		st_mode:      C.uint32_t(m.StMode),
		st_nlink:     C.uint32_t(m.StNlink),
		st_dev_major: C.uint32_t(m.StDevMajor),
		st_dev_minor: C.uint32_t(m.StDevMinor),
		st_ino:       C.uint64_t(m.StIno),
		st_size:      C.uint64_t(m.StSize),
		page_size:    C.uint64_t(m.PageSize),
	}
}
