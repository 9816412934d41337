// SPDX-License-Identifier: LGPL-2.1-or-later
use crate::error::check;
use crate::{
    c_path, c_path_ptr, c_pid, ffi, Error, IterFlag, Mapping, OpenFlag, Prot, ReportFlag, Result,
    Rung, Source, Sure,
};
use std::ffi::CString;
use std::iter::FusedIterator;
use std::mem::size_of;
use std::ops::Range;
use std::os::raw::c_int;
use std::os::unix::io::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::ptr::{self, NonNull};

/// What to list, and how; then [`open`](Self::open).
///
/// `IterFlag::OPEN_FDS` is refused: such descriptors die at the next step. [`Iter::open_fd`]
/// gives ones that are yours.
#[derive(Clone, Debug, Default)]
pub struct IterOptions {
    flags: IterFlag,
    source: Source,
    prot: Prot,
    range: Range<u64>,
    proc_root: Option<std::path::PathBuf>,
}

impl IterOptions {
    /// The mapped files.
    pub fn new() -> Self {
        Self::default()
    }

    /// As `IterFlag::ALL | IterFlag::STAT`.
    pub fn flags(mut self, flags: IterFlag) -> Self {
        self.flags = flags;
        self
    }

    /// From this source or not at all.
    pub fn source(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// Only mappings with all these bits.
    pub fn prot(mut self, prot: Prot) -> Self {
        self.prot = prot;
        self
    }

    /// Only mappings that touch these addresses; `0..0` is all.
    pub fn range(mut self, range: Range<u64>) -> Self {
        self.range = range;
        self
    }

    /// Another procfs mount or a saved tree; with a core where files are looked for.
    pub fn proc_root(mut self, path: impl AsRef<Path>) -> Self {
        self.proc_root = Some(path.as_ref().to_owned());
        self
    }

    /// Of a process; 0 is the caller.
    pub fn open(&self, pid: u32) -> Result<Iter> {
        let pid = c_pid(pid)?;
        // SAFETY: as call() gives them.
        self.call(|opts, ret| unsafe { ffi::mf_iter_open(pid, opts, ret) })
    }

    /// Of the process that a pidfd refers to.
    pub fn open_pidfd(&self, pidfd: impl AsFd) -> Result<Iter> {
        let fd = pidfd.as_fd().as_raw_fd();
        // SAFETY: as call() gives them.
        self.call(|opts, ret| unsafe { ffi::mf_iter_open_pidfd(fd, opts, ret) })
    }

    /// Of an ELF core, open for reading.
    pub fn open_core(&self, core: impl AsFd) -> Result<Iter> {
        let fd = core.as_fd().as_raw_fd();
        // SAFETY: as call() gives them.
        self.call(|opts, ret| unsafe { ffi::mf_iter_open_core(fd, opts, ret) })
    }

    fn call(
        &self,
        open: impl FnOnce(*const ffi::mf_iter_opts, *mut *mut ffi::mf_iter) -> c_int,
    ) -> Result<Iter> {
        if self.flags.contains(IterFlag::OPEN_FDS) {
            return Err(Error::INVALID);
        }
        let root: Option<CString> = self.proc_root.as_deref().map(c_path).transpose()?;
        let opts = ffi::mf_iter_opts {
            size: size_of::<ffi::mf_iter_opts>() as u32,
            flags: self.flags.0,
            source: self.source.0,
            prot: self.prot.0,
            from: self.range.start,
            to: self.range.end,
            proc_root: c_path_ptr(&root),
            reserved: 0,
        };
        let mut raw = ptr::null_mut();
        check(open(&opts, &mut raw))?;
        let raw = NonNull::new(raw).ok_or(Error::INVALID)?;
        Ok(Iter { raw, ended: false })
    }
}

/// How a walk went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // as in <mapfiles.h>
pub struct Report {
    pub n_mappings: u64,
    pub n_clamped: u64,
    pub n_partial: u64,
    pub n_vanished: u64,
    pub n_retries: u64,
    pub source: Source,
    pub flags: ReportFlag,
}

/// Which way led to the descriptor, and how far it is proven to be the mapped object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // as in <mapfiles.h>
pub struct OpenInfo {
    pub rung: Rung,
    pub sure: Sure,
    pub n_retries: u64,
    /// Of a copy, what is zero because it could not be read.
    pub holes: Vec<Range<u64>>,
}

/// An iterator over what a process has mapped, in address order.
///
/// `None` without an `Err` before it means that the list is complete. After an `Err` there is
/// nothing more, so that no loop goes on for ever.
///
/// It may be sent to another thread, but serves one at a time:
///
/// ```
/// fn send<T: Send>(_: T) {}
/// send(mapfiles::Iter::open(0).unwrap());
/// ```
/// ```compile_fail,E0277
/// fn share<T: Sync>(_: T) {}
/// share(mapfiles::Iter::open(0).unwrap());
/// ```
#[derive(Debug)]
pub struct Iter {
    raw: NonNull<ffi::mf_iter>,
    ended: bool,
}

// SAFETY: "An iterator may be handed from one thread to another."
unsafe impl Send for Iter {}

impl Iter {
    /// The mapped files of a process; 0 is the caller. Else see [`IterOptions`].
    pub fn open(pid: u32) -> Result<Self> {
        IterOptions::new().open(pid)
    }

    pub(crate) fn as_ptr(&self) -> *mut ffi::mf_iter {
        self.raw.as_ptr()
    }

    /// `mf_find()`: the mapping that holds an address, as it is now; `None` if nothing is there.
    pub fn find_address(&mut self, addr: u64) -> Result<Option<Mapping>> {
        let mut found = ptr::null();
        // SAFETY: found lives until the next call, and is copied before.
        unsafe {
            let n = check(ffi::mf_find(self.as_ptr(), addr, &mut found))?;
            Ok((n > 0).then(|| Mapping::copy(found)))
        }
    }

    /// Begin anew, on the same process in the same address space.
    pub fn rewind(&mut self) -> Result<()> {
        // SAFETY: the iterator is open.
        check(unsafe { ffi::mf_iter_rewind(self.as_ptr()) })?;
        self.ended = false;
        Ok(())
    }

    /// The process, also where a thread or a pidfd was given; of a core what it says.
    pub fn pid(&self) -> u32 {
        // SAFETY: the iterator is open, which is all that it asks.
        unsafe { ffi::mf_iter_pid(self.as_ptr()) as u32 }
    }

    /// Which source serves.
    pub fn source(&self) -> Source {
        // SAFETY: the iterator is open, which is all that it asks.
        Source(unsafe { ffi::mf_iter_source(self.as_ptr()) } as u32)
    }

    /// How the walk went so far.
    pub fn report(&mut self) -> Result<Report> {
        let mut raw = ptr::null();
        // SAFETY: the report lives until the next call.
        unsafe {
            check(ffi::mf_iter_report(self.as_ptr(), &mut raw))?;
            Ok(Report {
                n_mappings: (*raw).n_mappings,
                n_clamped: (*raw).n_clamped,
                n_partial: (*raw).n_partial,
                n_vanished: (*raw).n_vanished,
                n_retries: (*raw).n_retries,
                source: Source((*raw).source),
                flags: ReportFlag((*raw).flags),
            })
        }
    }

    /// A new descriptor of the very object that is mapped: never the wrong file.
    pub fn open_fd(&mut self, mapping: &Mapping, flags: OpenFlag) -> Result<OwnedFd> {
        // SAFETY: the descriptor is new, and nobody else's.
        unsafe {
            let fd = check(ffi::mf_open_fd(self.as_ptr(), &mapping.raw(), flags.0))?;
            Ok(OwnedFd::from_raw_fd(fd))
        }
    }

    /// How the last `open_fd()` got its descriptor.
    pub fn open_info(&self) -> Result<OpenInfo> {
        let mut raw = ptr::null();
        // SAFETY: the info and its holes live until the next call.
        unsafe {
            check(ffi::mf_open_info(self.as_ptr(), &mut raw))?;
            let holes = (0..(*raw).n_holes as usize).map(|i| *(*raw).holes.add(i));
            Ok(OpenInfo {
                rung: Rung((*raw).rung),
                sure: Sure((*raw).sure),
                n_retries: (*raw).n_retries,
                holes: holes.map(|hole| hole.start..hole.end).collect(),
            })
        }
    }

    /// Bytes of the process's memory: how many could be read, fewer where it ends.
    pub fn read(&mut self, addr: u64, buf: &mut [u8]) -> Result<usize> {
        let size = buf.len() as u64;
        // SAFETY: buf is size bytes.
        let n = unsafe { ffi::mf_read(self.as_ptr(), addr, buf.as_mut_ptr().cast(), size) };
        usize::try_from(n).map_err(|_| Error::from_raw_os_error(n as i32))
    }
}

impl Iterator for Iter {
    type Item = Result<Mapping>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let mut found = ptr::null();
        // SAFETY: found lives until the next call, and is copied before.
        unsafe {
            match check(ffi::mf_next(self.as_ptr(), &mut found)) {
                Ok(n) if n > 0 => Some(Ok(Mapping::copy(found))),
                last => {
                    self.ended = true;
                    last.err().map(Err)
                }
            }
        }
    }
}

impl FusedIterator for Iter {}

impl Drop for Iter {
    fn drop(&mut self) {
        // SAFETY: it is closed here and nowhere else.
        unsafe { ffi::mf_iter_close(self.as_ptr()) }
    }
}
