// SPDX-License-Identifier: LGPL-2.1-or-later
use crate::{ffi, name, Has, Kind, MappingFlag, Prot};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::ptr;

/// Those bits of mf_mapping.has whose fields are copied here.
const KNOWN_HAS: u32 = 0xff;

/// One mapping of a process, copied out of the library's memory. `None` is what is not known, or
/// not there: `has` tells.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)] // as in <mapfiles.h>
pub struct Mapping {
    pub start: u64,
    pub end: u64,
    pub kind: Kind,
    pub flags: MappingFlag,
    pub has: Has,
    /// The kernel's name, raw bytes.
    pub path: Option<OsString>,
    pub name_len: usize,
    pub prot: Option<Prot>,
    pub offset: Option<u64>,
    /// Major, minor.
    pub dev: Option<(u32, u32)>,
    pub inode: Option<u64>,
    pub open_mode: Option<Prot>,
    pub st_mode: Option<u32>,
    pub st_nlink: Option<u32>,
    /// Major, minor.
    pub st_dev: Option<(u32, u32)>,
    pub st_ino: Option<u64>,
    pub st_size: Option<u64>,
    pub page_size: Option<u64>,
}

impl Mapping {
    /// # Safety
    /// A mapping of the library's that is valid through the call.
    pub(crate) unsafe fn copy(raw: *const ffi::mf_mapping) -> Self {
        // Bits of later fields, which are not known here, must not come back to the library.
        let has = Has((*raw).has & KNOWN_HAS);
        let dev = has.contains(Has::DEV);
        let stat = has.contains(Has::STAT);
        Self {
            start: (*raw).start,
            end: (*raw).end,
            kind: Kind((*raw).kind),
            flags: MappingFlag((*raw).flags),
            has,
            path: name((*raw).path, (*raw).path_len).map(OsStr::to_owned),
            name_len: (*raw).name_len as usize,
            prot: has.contains(Has::PROT).then_some(Prot((*raw).prot)),
            offset: has.contains(Has::OFFSET).then_some((*raw).offset),
            dev: dev.then_some(((*raw).dev_major, (*raw).dev_minor)),
            inode: dev.then_some((*raw).inode),
            open_mode: has.contains(Has::OPEN_MODE).then_some(Prot((*raw).open_mode)),
            st_mode: stat.then_some((*raw).st_mode),
            st_nlink: stat.then_some((*raw).st_nlink),
            st_dev: stat.then_some(((*raw).st_dev_major, (*raw).st_dev_minor)),
            st_ino: stat.then_some((*raw).st_ino),
            st_size: stat.then_some((*raw).st_size),
            page_size: has.contains(Has::PAGE_SIZE).then_some((*raw).page_size),
        }
    }

    /// For the functions that take a mapping back; they look at no path.
    pub(crate) fn raw(&self) -> ffi::mf_mapping {
        let (dev_major, dev_minor) = self.dev.unwrap_or_default();
        let (st_dev_major, st_dev_minor) = self.st_dev.unwrap_or_default();
        ffi::mf_mapping {
            start: self.start,
            end: self.end,
            offset: self.offset.unwrap_or(0),
            inode: self.inode.unwrap_or(0),
            dev_major,
            dev_minor,
            prot: self.prot.unwrap_or_default().0,
            kind: self.kind.0,
            flags: self.flags.0,
            has: self.has.0 & KNOWN_HAS,
            fd: -1,
            path_len: 0,
            path: ptr::null(),
            name_len: 0,
            open_mode: self.open_mode.unwrap_or_default().0,
            st_mode: self.st_mode.unwrap_or(0),
            st_nlink: self.st_nlink.unwrap_or(0),
            st_dev_major,
            st_dev_minor,
            st_ino: self.st_ino.unwrap_or(0),
            st_size: self.st_size.unwrap_or(0),
            page_size: self.page_size.unwrap_or(0),
            fd_error: 0,
            fd_rung: 0,
            fd_sure: 0,
            reserved: 0,
        }
    }

    /// The path without the kernel's mark " (deleted)".
    pub fn name(&self) -> Option<&OsStr> {
        let path = self.path.as_ref()?.as_bytes();
        Some(OsStr::from_bytes(&path[..self.name_len.min(path.len())]))
    }

    /// Whether it may be shared, if that is known.
    pub fn shared(&self) -> Option<bool> {
        let known = self.has.contains(Has::PROT);
        known.then_some(self.flags.contains(MappingFlag::SHARED))
    }

    /// Whether the name no longer leads to the object, if that is known.
    pub fn deleted(&self) -> Option<bool> {
        let known = self.has.contains(Has::DELETED);
        known.then_some(self.flags.contains(MappingFlag::DELETED))
    }
}
