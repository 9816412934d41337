// SPDX-License-Identifier: LGPL-2.1-or-later
use crate::error::check;
use crate::{
    ffi, name, BuildIdFrom, Error, Has, Iter, Kind, MappingFlag, ModuleFlag, ModulesFlag, OpenFlag,
    Prot, Result,
};
use std::ffi::OsStr;
use std::os::unix::io::{FromRawFd, OwnedFd};
use std::ptr::{self, NonNull};

/// One mapping of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // as in <mapfiles.h>
pub struct Segment {
    pub start: u64,
    pub end: u64,
    pub offset: u64,
    pub prot: Option<Prot>,
    pub flags: MappingFlag,
    pub kind: Kind,
}

/// What the ELF header says, by the numbers of `<elf.h>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // as in <mapfiles.h>
pub struct Elf {
    pub class: u32,
    pub data: u32,
    pub elf_type: u32,
    pub machine: u32,
}

/// One ELF file, as it is loaded once. `None` is what is not known.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs)] // as in <mapfiles.h>
pub struct Module<'a> {
    pub start: u64,
    pub end: u64,
    pub bias: Option<u64>,
    pub elf_offset: u64,
    pub dev: Option<(u32, u32)>,
    pub inode: Option<u64>,
    pub kind: Kind,
    pub flags: ModuleFlag,
    pub elf: Option<Elf>,
    pub build_id: Option<&'a [u8]>,
    pub build_id_from: BuildIdFrom,
    pub path: Option<&'a OsStr>,
    pub name_len: usize,
    pub segments: Vec<Segment>,
    modules: &'a Modules,
    raw: NonNull<ffi::mf_module>,
}

impl Module<'_> {
    /// A new descriptor of its file, by the iterator that the modules were made of; EINVAL if it
    /// is another one. The ELF file begins at `elf_offset`.
    pub fn open_fd(&self, iter: &mut Iter, flags: OpenFlag) -> Result<OwnedFd> {
        if iter.as_ptr() != self.modules.iter {
            return Err(Error::INVALID);
        }
        // SAFETY: the module lives as long as the modules do; the descriptor is new.
        unsafe {
            let fd = check(ffi::mf_module_open_fd(iter.as_ptr(), self.raw.as_ptr(), flags.0))?;
            Ok(OwnedFd::from_raw_fd(fd))
        }
    }
}

/// The ELF files that a process, or a core, has loaded.
#[derive(Debug)]
pub struct Modules {
    raw: NonNull<ffi::mf_modules>,
    iter: *mut ffi::mf_iter, // compared only
}

// SAFETY: "What is loaded does not change any more, and any number of threads may read it".
unsafe impl Send for Modules {}
unsafe impl Sync for Modules {}

#[allow(clippy::len_without_is_empty)]
impl Modules {
    /// Find the modules of what an iterator walks; it is rewound, and stays yours.
    pub fn open(iter: &mut Iter, flags: ModulesFlag) -> Result<Self> {
        let mut raw = ptr::null_mut();
        // SAFETY: the iterator is open.
        check(unsafe { ffi::mf_modules_open(iter.as_ptr(), flags.0, &mut raw) })?;
        let raw = NonNull::new(raw).ok_or(Error::INVALID)?;
        Ok(Self { raw, iter: iter.as_ptr() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        // SAFETY: they are open.
        unsafe { ffi::mf_modules_count(self.raw.as_ptr()) as usize }
    }

    /// One module, by the address it begins at.
    pub fn get(&self, index: usize) -> Option<Module<'_>> {
        let mut found = ptr::null();
        // SAFETY: what is found lives as long as self.
        unsafe {
            let n = ffi::mf_modules_get(self.raw.as_ptr(), index as u64, &mut found);
            (n > 0).then(|| self.module(found))
        }
    }

    /// All modules, in address order.
    pub fn iter(&self) -> impl Iterator<Item = Module<'_>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }

    /// The module that an address belongs to.
    pub fn find(&self, addr: u64) -> Option<Module<'_>> {
        let mut found = ptr::null();
        // SAFETY: what is found lives as long as self.
        unsafe {
            let n = ffi::mf_modules_find(self.raw.as_ptr(), addr, &mut found);
            (n > 0).then(|| self.module(found))
        }
    }

    unsafe fn segment(&self, module: *const ffi::mf_module, index: u64) -> Option<Segment> {
        let mut raw = ptr::null();
        if ffi::mf_modules_segment(self.raw.as_ptr(), module, index, &mut raw) <= 0 {
            return None;
        }
        Some(Segment {
            start: (*raw).start,
            end: (*raw).end,
            offset: (*raw).offset,
            prot: ((*raw).has & Has::PROT.0 != 0).then_some(Prot((*raw).prot)),
            flags: MappingFlag((*raw).flags),
            kind: Kind((*raw).kind),
        })
    }

    unsafe fn module(&self, raw: *const ffi::mf_module) -> Module<'_> {
        let dev = (*raw).has & Has::DEV.0 != 0;
        Module {
            start: (*raw).start,
            end: (*raw).end,
            bias: ((*raw).has & Has::BIAS.0 != 0).then_some((*raw).bias),
            elf_offset: (*raw).elf_offset,
            dev: dev.then_some(((*raw).dev_major, (*raw).dev_minor)),
            inode: dev.then_some((*raw).inode),
            kind: Kind((*raw).kind),
            flags: ModuleFlag((*raw).flags),
            elf: ((*raw).has & Has::ELF.0 != 0).then_some(Elf {
                class: (*raw).elf_class,
                data: (*raw).elf_data,
                elf_type: (*raw).elf_type,
                machine: (*raw).elf_machine,
            }),
            build_id: (!(*raw).build_id.is_null())
                .then(|| std::slice::from_raw_parts((*raw).build_id, (*raw).build_id_len as usize)),
            build_id_from: BuildIdFrom((*raw).build_id_from),
            path: name((*raw).path, (*raw).path_len),
            name_len: (*raw).name_len as usize,
            segments: (0..(*raw).n_segments).filter_map(|i| self.segment(raw, i)).collect(),
            modules: self,
            raw: NonNull::new_unchecked(raw as *mut _),
        }
    }
}

impl Drop for Modules {
    fn drop(&mut self) {
        // SAFETY: they are closed here and nowhere else.
        unsafe { ffi::mf_modules_close(self.raw.as_ptr()) }
    }
}
