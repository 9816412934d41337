// SPDX-License-Identifier: LGPL-2.1-or-later
use crate::error::check;
use crate::{ffi, Error, Iter, Mapping, MappingFlag, Prot, Refusal, RemapFlag, Result, Rung, Sure};
use std::mem::size_of;
use std::ptr::{self, NonNull};

/// What it takes to map what another process maps, or the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // as in <mapfiles.h>
pub struct RemapPlan {
    pub offset: u64,
    pub length: u64,
    pub object_size: u64,
    pub page_size: u64,
    pub prot: Prot,
    pub shared: bool,
    pub open_mode: Prot,
    pub rung: Rung,
    pub sure: Sure,
    /// [`Refusal::NONE`] if nothing is in the way.
    pub refusal: Refusal,
    /// What [`Iter::remap`] would return for that.
    pub error: Option<Error>,
}

impl RemapPlan {
    /// # Safety
    /// A plan of the library's that is valid through the call.
    unsafe fn copy(raw: *const ffi::mf_remap_plan) -> Self {
        Self {
            offset: (*raw).offset,
            length: (*raw).length,
            object_size: (*raw).object_size,
            page_size: (*raw).page_size,
            prot: Prot((*raw).prot),
            shared: (*raw).flags & MappingFlag::SHARED.0 != 0,
            open_mode: Prot((*raw).open_mode),
            rung: Rung((*raw).rung),
            sure: Sure((*raw).sure),
            refusal: Refusal((*raw).refusal),
            error: ((*raw).error != 0).then(|| Error::from_raw_os_error((*raw).error)),
        }
    }
}

fn options(flags: RemapFlag, addr: Option<u64>) -> Result<ffi::mf_remap_opts> {
    // REPLACE could unmap what this program itself uses.
    if flags.contains(RemapFlag::REPLACE) {
        return Err(Error::INVALID);
    }
    let at = addr.map_or(RemapFlag::default(), |_| RemapFlag::AT);
    Ok(ffi::mf_remap_opts {
        size: size_of::<ffi::mf_remap_opts>() as u32,
        flags: (flags | at).0,
        addr: addr.unwrap_or(0),
    })
}

impl Iter {
    /// Map the same object here: a write in one is seen in the other. With an address there or
    /// not at all, and only where nothing is mapped; `RemapFlag::REPLACE` is refused.
    pub fn remap(
        &mut self,
        mapping: &Mapping,
        flags: RemapFlag,
        addr: Option<u64>,
    ) -> Result<Remapped> {
        let opts = options(flags, addr)?;
        let mut at = ptr::null_mut();
        // SAFETY: nothing that is mapped is touched; the memory is nobody else's.
        check(unsafe { ffi::mf_remap(self.as_ptr(), &mapping.raw(), &opts, &mut at) })?;
        let at = NonNull::new(at.cast()).ok_or(Error::INVALID)?;
        Ok(Remapped { at, plan: self.remap_made()? })
    }

    /// What `remap()` would do, without doing it.
    pub fn remap_plan(&mut self, mapping: &Mapping, flags: RemapFlag) -> Result<RemapPlan> {
        let opts = options(flags, None)?;
        let mut plan = ptr::null();
        // SAFETY: the plan lives until the next call.
        unsafe {
            let raw = &mapping.raw();
            check(ffi::mf_remap_plan(self.as_ptr(), raw, &opts, &mut plan))?;
            Ok(RemapPlan::copy(plan))
        }
    }

    /// What the last `remap()` mapped, or why it refused.
    pub fn remap_made(&self) -> Result<RemapPlan> {
        let mut plan = ptr::null();
        // SAFETY: the plan lives until the next call.
        unsafe {
            check(ffi::mf_remap_made(self.as_ptr(), &mut plan))?;
            Ok(RemapPlan::copy(plan))
        }
    }
}

/// Memory that is shared with another process, unmapped when it is dropped.
///
/// The other writes to it at any time, so there is no slice of it: bytes are copied in and out.
/// If somebody truncates the object, touching what is gone is SIGBUS, as for every mapping.
#[derive(Debug)]
pub struct Remapped {
    at: NonNull<u8>,
    plan: RemapPlan,
}

// SAFETY: memory is the process's, not a thread's.
unsafe impl Send for Remapped {}

#[allow(clippy::len_without_is_empty)] // a mapping never is
impl Remapped {
    /// How it was mapped.
    pub fn plan(&self) -> &RemapPlan {
        &self.plan
    }

    /// Bytes.
    pub fn len(&self) -> usize {
        self.plan.length as usize
    }

    /// Where it is mapped; valid for `len()` bytes until it is dropped.
    pub fn as_ptr(&self) -> *mut u8 {
        self.at.as_ptr()
    }

    fn at(&self, offset: usize, len: usize, prot: Prot) -> Result<*mut u8> {
        let end = offset.checked_add(len).ok_or(Error::INVALID)?;
        if end > self.len() || !self.plan.prot.contains(prot) {
            return Err(Error::INVALID);
        }
        // SAFETY: it is inside.
        Ok(unsafe { self.as_ptr().add(offset) })
    }

    /// Copy bytes out; EINVAL if there are not so many, or they are not readable.
    pub fn read_at(&self, offset: usize, buf: &mut [u8]) -> Result<()> {
        let from = self.at(offset, buf.len(), Prot::READ)?;
        for (i, byte) in buf.iter_mut().enumerate() {
            // SAFETY: checked; volatile, for others may write meanwhile.
            *byte = unsafe { from.add(i).read_volatile() };
        }
        Ok(())
    }

    /// Copy bytes in; EINVAL if they do not fit, or it is not writable.
    pub fn write_at(&self, offset: usize, data: &[u8]) -> Result<()> {
        let to = self.at(offset, data.len(), Prot::WRITE)?;
        for (i, byte) in data.iter().enumerate() {
            // SAFETY: checked; volatile, for others may read meanwhile.
            unsafe { to.add(i).write_volatile(*byte) };
        }
        Ok(())
    }
}

impl Drop for Remapped {
    fn drop(&mut self) {
        // SAFETY: it is unmapped here and nowhere else.
        unsafe { ffi::munmap(self.as_ptr().cast(), self.len()) };
    }
}
