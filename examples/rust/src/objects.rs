// SPDX-License-Identifier: LGPL-2.1-or-later
use crate::error::check;
use crate::{
    c_path, c_path_ptr, c_pid, ffi, name, Error, Has, Kind, MappingFlag, ObjectFlag, ObjectsFlag,
    ProcessFlag, Prot, Result,
};
use std::any::Any;
use std::ffi::OsStr;
use std::mem::size_of;
use std::os::raw::{c_int, c_void};
use std::os::unix::io::{AsFd, AsRawFd, BorrowedFd};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::path::PathBuf;
use std::ptr::{self, NonNull};

/// Told how many processes were scanned, and how many are known; `false` ends the scan with
/// ECANCELED.
type Progress<'a> = dyn FnMut(u64, u64) -> bool + 'a;

/// What to scan, and how; then [`scan`](Self::scan).
#[derive(Default)]
pub struct ScanOptions<'a> {
    flags: ObjectsFlag,
    proc_root: Option<PathBuf>,
    progress: Option<Box<Progress<'a>>>,
}

impl<'a> ScanOptions<'a> {
    /// The processes given.
    pub fn new() -> Self {
        Self::default()
    }

    /// As `ObjectsFlag::TREE`.
    pub fn flags(mut self, flags: ObjectsFlag) -> Self {
        self.flags = flags;
        self
    }

    /// Another procfs mount.
    pub fn proc_root(mut self, path: impl Into<PathBuf>) -> Self {
        self.proc_root = Some(path.into());
        self
    }

    /// Called with how many processes are done and known, before the first and after each; when
    /// it returns false the scan ends with ECANCELED.
    pub fn progress(mut self, progress: impl FnMut(u64, u64) -> bool + 'a) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Scan processes, and group what they map by object.
    pub fn scan(self, pids: &[u32]) -> Result<Objects> {
        let numbers = pids.iter().map(|&pid| c_pid(pid)).collect::<Result<Vec<_>>>()?;
        let n_pids = numbers.len().try_into().map_err(|_| Error::INVALID)?;
        let root = self.proc_root.as_deref().map(c_path).transpose()?;
        let mut state = State { progress: self.progress, panic: None };
        let opts = ffi::mf_objects_opts {
            size: size_of::<ffi::mf_objects_opts>() as u32,
            flags: self.flags.0,
            proc_root: c_path_ptr(&root),
            progress: state.progress.is_some().then_some(told as _),
            progress_data: (&mut state as *mut State<'_>).cast(),
        };
        let mut raw = ptr::null_mut();
        let pids = if numbers.is_empty() { ptr::null() } else { numbers.as_ptr() };
        // SAFETY: all that is pointed to lives through the call.
        let result = unsafe { ffi::mf_objects_open(pids, n_pids, &opts, &mut raw) };
        let objects = NonNull::new(raw).map(|raw| Objects { raw });
        if let Some(panic) = state.panic {
            resume_unwind(panic);
        }
        check(result)?;
        objects.ok_or(Error::INVALID)
    }
}

struct State<'a> {
    progress: Option<Box<Progress<'a>>>,
    panic: Option<Box<dyn Any + Send>>,
}

/// A panic must not unwind through C: it ends the scan, and goes on when that is over.
unsafe extern "C" fn told(data: *mut c_void, done: u64, total: u64) -> c_int {
    let state = &mut *data.cast::<State<'_>>();
    let progress = AssertUnwindSafe(|| state.progress.as_mut().map_or(true, |p| p(done, total)));
    match catch_unwind(progress) {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(panic) => {
            state.panic = Some(panic);
            1
        }
    }
}

/// How the scan of one process went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // as in <mapfiles.h>
pub struct ScannedProcess {
    pub pid: u32,
    /// Why nothing of it is listed.
    pub error: Option<Error>,
    pub flags: ProcessFlag,
    pub n_retries: u64,
    pub n_users: u64,
    pub n_vanished: u64,
}

/// One mapping that shows an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // as in <mapfiles.h>
pub struct ObjectUser<'a> {
    pub pid: u32,
    pub start: u64,
    pub end: u64,
    pub offset: u64,
    pub prot: Prot,
    pub flags: MappingFlag,
    pub path: Option<&'a OsStr>,
}

/// One object that is mapped, by whomever. `None` is what is not known.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
#[allow(missing_docs)] // as in <mapfiles.h>
pub struct Object<'a> {
    pub kind: Kind,
    pub flags: ObjectFlag,
    pub has: Has,
    pub seals: Option<u32>,
    pub dev: Option<(u32, u32)>,
    pub inode: Option<u64>,
    pub st_dev: Option<(u32, u32)>,
    pub st_ino: Option<u64>,
    pub st_size: Option<u64>,
    pub st_mode: Option<u32>,
    pub st_nlink: Option<u32>,
    pub path: Option<&'a OsStr>,
    pub name_len: usize,
    pub n_users: u64,
    pub n_processes: u64,
    /// With `ObjectsFlag::OPEN_FDS`, the scan's: an O_PATH descriptor.
    pub fd: Option<BorrowedFd<'a>>,
    objects: &'a Objects,
    raw: NonNull<ffi::mf_object>,
}

impl<'a> Object<'a> {
    /// The mappings that show it, by process and address.
    pub fn users(&self) -> impl Iterator<Item = ObjectUser<'a>> {
        let (objects, object) = (self.objects, self.raw);
        (0..self.n_users).map_while(move |index| {
            let mut found = ptr::null();
            // SAFETY: the object is of these objects; what is found lives as long as they do.
            unsafe {
                let scan = objects.raw.as_ptr();
                let n = ffi::mf_objects_user(scan, object.as_ptr(), index, &mut found);
                (n > 0).then(|| ObjectUser {
                    pid: (*found).pid as u32,
                    start: (*found).start,
                    end: (*found).end,
                    offset: (*found).offset,
                    prot: Prot((*found).prot),
                    flags: MappingFlag((*found).flags),
                    path: name((*found).path, (*found).path_len),
                })
            }
        })
    }
}

/// A scan of processes, grouped by what they map.
#[derive(Debug)]
pub struct Objects {
    raw: NonNull<ffi::mf_objects>,
}

// SAFETY: "A scan that is loaded does not change any more: any number of threads may read it".
unsafe impl Send for Objects {}
unsafe impl Sync for Objects {}

#[allow(clippy::len_without_is_empty)]
impl Objects {
    /// Scan these processes. Else see [`ScanOptions`].
    pub fn scan(pids: &[u32]) -> Result<Self> {
        ScanOptions::new().scan(pids)
    }

    /// How many objects were found.
    pub fn len(&self) -> usize {
        // SAFETY: they are open.
        unsafe { ffi::mf_objects_count(self.raw.as_ptr()) as usize }
    }

    /// One object, in the order in which they were seen.
    pub fn get(&self, index: usize) -> Option<Object<'_>> {
        let mut found = ptr::null();
        // SAFETY: what is found lives as long as self.
        unsafe {
            let n = ffi::mf_objects_get(self.raw.as_ptr(), index as u64, &mut found);
            (n > 0).then(|| self.object(found))
        }
    }

    /// All objects.
    pub fn iter(&self) -> impl Iterator<Item = Object<'_>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }

    /// The object that a descriptor refers to, if it is mapped; by identity, not by name.
    pub fn find(&self, fd: impl AsFd) -> Result<Option<Object<'_>>> {
        let fd = fd.as_fd().as_raw_fd();
        let mut found = ptr::null();
        // SAFETY: what is found lives as long as self.
        unsafe {
            let n = check(ffi::mf_objects_find_fd(self.raw.as_ptr(), fd, &mut found))?;
            Ok((n > 0).then(|| self.object(found)))
        }
    }

    /// The processes that were scanned.
    pub fn processes(&self) -> impl Iterator<Item = ScannedProcess> + '_ {
        (0..).map_while(move |index| {
            let mut found = ptr::null();
            // SAFETY: what is found lives as long as self.
            unsafe {
                let n = ffi::mf_objects_process(self.raw.as_ptr(), index, &mut found);
                (n > 0).then(|| ScannedProcess {
                    pid: (*found).pid as u32,
                    error: ((*found).error != 0).then(|| Error::from_raw_os_error((*found).error)),
                    flags: ProcessFlag((*found).flags),
                    n_retries: (*found).n_retries,
                    n_users: (*found).n_users,
                    n_vanished: (*found).n_vanished,
                })
            }
        })
    }

    unsafe fn object(&self, raw: *const ffi::mf_object) -> Object<'_> {
        let dev = (*raw).has & Has::DEV.0 != 0;
        let stat = (*raw).has & Has::STAT.0 != 0;
        Object {
            kind: Kind((*raw).kind),
            flags: ObjectFlag((*raw).flags),
            has: Has((*raw).has),
            seals: ((*raw).has & Has::SEALS.0 != 0).then_some((*raw).seals),
            dev: dev.then_some(((*raw).dev_major, (*raw).dev_minor)),
            inode: dev.then_some((*raw).inode),
            st_dev: stat.then_some(((*raw).st_dev_major, (*raw).st_dev_minor)),
            st_ino: stat.then_some((*raw).st_ino),
            st_size: stat.then_some((*raw).st_size),
            st_mode: stat.then_some((*raw).st_mode),
            st_nlink: stat.then_some((*raw).st_nlink),
            path: name((*raw).path, (*raw).path_len),
            name_len: (*raw).name_len as usize,
            n_users: (*raw).n_users,
            n_processes: (*raw).n_processes,
            // It lives as long as self.
            fd: ((*raw).fd >= 0).then(|| BorrowedFd::borrow_raw((*raw).fd)),
            objects: self,
            raw: NonNull::new_unchecked(raw as *mut _),
        }
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // SAFETY: they are closed here and nowhere else.
        unsafe { ffi::mf_objects_close(self.raw.as_ptr()) }
    }
}
