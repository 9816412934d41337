// SPDX-License-Identifier: LGPL-2.1-or-later
use crate::error::check;
use crate::{ffi, ChangeAction, Differs, Error, Iter, Mapping, Result};
use std::mem::{size_of, MaybeUninit};
use std::ptr::{self, NonNull};

/// One difference between two states of a [`Table`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // as in <mapfiles.h>
pub struct Change {
    pub action: ChangeAction,
    pub differs: Differs,
    pub before: Option<Mapping>,
    pub after: Option<Mapping>,
}

/// A whole list in memory. Threads may read it at once; what changes it wants `&mut`.
#[derive(Debug)]
pub struct Table {
    raw: NonNull<ffi::mf_table>,
}

// SAFETY: "A table is read by any number of threads at once"; the rest takes &mut.
unsafe impl Send for Table {}
unsafe impl Sync for Table {}

#[allow(clippy::len_without_is_empty)] // no process is without mappings for long
impl Table {
    /// Load what an iterator walks; it is rewound, and stays yours.
    pub fn open(iter: &mut Iter) -> Result<Self> {
        let mut raw = ptr::null_mut();
        // SAFETY: the iterator is open.
        check(unsafe { ffi::mf_table_open(iter.as_ptr(), 0, &mut raw) })?;
        Ok(Self { raw: NonNull::new(raw).ok_or(Error::INVALID)? })
    }

    /// How many mappings it holds.
    pub fn len(&self) -> usize {
        // SAFETY: the table is open.
        unsafe { ffi::mf_table_count(self.raw.as_ptr()) as usize }
    }

    /// One mapping, by index in address order.
    pub fn get(&self, index: usize) -> Option<Mapping> {
        let mut raw = MaybeUninit::<ffi::mf_mapping>::zeroed();
        let size = size_of::<ffi::mf_mapping>() as u32;
        // SAFETY: raw is size bytes; its path lives as long as the table is not refreshed.
        unsafe {
            let n = ffi::mf_table_get(self.raw.as_ptr(), index as u64, raw.as_mut_ptr(), size);
            (n > 0).then(|| Mapping::copy(raw.as_ptr()))
        }
    }

    /// All mappings, in address order.
    pub fn iter(&self) -> impl Iterator<Item = Mapping> + '_ {
        (0..self.len()).filter_map(move |index| self.get(index))
    }

    /// The index of the mapping that holds an address.
    pub fn find(&self, addr: u64) -> Option<usize> {
        let mut index = 0;
        // SAFETY: the table is open.
        let n = unsafe { ffi::mf_table_find(self.raw.as_ptr(), addr, &mut index) };
        (n > 0).then_some(index as usize)
    }

    /// The index, from `from` on, of a mapping that shows the byte at `like.offset` of its object.
    pub fn find_object(&self, like: &Mapping, from: usize) -> Result<Option<usize>> {
        let (raw, mut index) = (like.raw(), 0);
        // SAFETY: the table is open.
        let n = check(unsafe {
            ffi::mf_table_find_object(self.raw.as_ptr(), &raw, from as u64, &mut index)
        })?;
        Ok((n > 0).then_some(index as usize))
    }

    /// Load anew; then `changes()` gives the differences. On failure all is as it was.
    pub fn refresh(&mut self, iter: &mut Iter) -> Result<()> {
        // SAFETY: both are open, and borrowed alone.
        check(unsafe { ffi::mf_table_refresh(self.raw.as_ptr(), iter.as_ptr()) })?;
        Ok(())
    }

    /// What the last `refresh()` found; each is given once.
    pub fn changes(&mut self) -> Result<Vec<Change>> {
        let (mut found, mut raw) = (Vec::new(), ptr::null());
        // SAFETY: the change and its mappings live until the next call, and are copied before.
        unsafe {
            while check(ffi::mf_table_next_change(self.raw.as_ptr(), &mut raw))? > 0 {
                found.push(Change {
                    action: ChangeAction((*raw).action),
                    differs: Differs((*raw).differs),
                    before: (!(*raw).before.is_null()).then(|| Mapping::copy((*raw).before)),
                    after: (!(*raw).after.is_null()).then(|| Mapping::copy((*raw).after)),
                });
            }
        }
        Ok(found)
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        // SAFETY: it is closed here and nowhere else.
        unsafe { ffi::mf_table_close(self.raw.as_ptr()) }
    }
}
