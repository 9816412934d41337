// SPDX-License-Identifier: LGPL-2.1-or-later
//! What a Linux process has mapped, and the objects behind it: libmapfiles for Rust.
//!
//! ```
//! for mapping in mapfiles::Iter::open(std::process::id())? {
//!     let mapping = mapping?; // only the end of the loop means that the list is complete
//!     println!("{:x} {:?} {:?}", mapping.start, mapping.kind, mapping.path);
//! }
//! # Ok::<(), mapfiles::Error>(())
//! ```
//!
//! A [`Mapping`] is a copy: it stays when the iterator moves on or is dropped. A descriptor is
//! an [`OwnedFd`](std::os::unix::io::OwnedFd). Names are bytes, so they are `OsString`. What a
//! function does in detail, and its errors, stand in `<mapfiles.h>` under the same name.
#![warn(missing_docs)]

mod constants;
mod error;
mod ffi;
#[cfg(test)]
mod ffi_test;
mod iter;
mod mapping;
mod modules;
mod objects;
mod remap;
mod table;

pub use constants::*;
pub use error::{Error, Result};
pub use iter::{Iter, IterOptions, OpenInfo, Report};
pub use mapping::Mapping;
pub use modules::{Elf, Module, Modules, Segment};
pub use objects::{Object, ObjectUser, Objects, ScanOptions, ScannedProcess};
pub use remap::{RemapPlan, Remapped};
pub use table::{Change, Table};

use std::ffi::{CStr, CString, OsStr};
use std::os::raw::{c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::{fmt, ptr};

/// The version of the library that is loaded: major, minor, patch.
pub fn version() -> (u32, u32, u32) {
    // SAFETY: no condition.
    let number = unsafe { ffi::mf_version() };
    (number >> 16, number >> 8 & 0xff, number & 0xff)
}

/// Why one kind of access to a process is refused to the caller, or [`Why::ALLOWED`].
/// Process 0 is the caller; `proc_root` is another procfs mount.
pub fn explain(pid: u32, access: Access, proc_root: Option<&Path>) -> Result<Why> {
    let root = proc_root.map(c_path).transpose()?;
    let opts = ffi::mf_explain_opts {
        size: std::mem::size_of::<ffi::mf_explain_opts>() as u32,
        flags: 0,
        proc_root: c_path_ptr(&root),
    };
    // SAFETY: options and string live through the call.
    let why = unsafe { ffi::mf_explain(c_pid(pid)?, access.0, &opts) };
    Ok(Why(error::check(why)? as u32))
}

/// # Safety
/// A NUL-ended string that is never freed.
unsafe fn text(words: *const c_char) -> &'static str {
    CStr::from_ptr(words).to_str().unwrap_or("")
}

/// # Safety
/// NULL, or `len` bytes that live as long as `'a`.
unsafe fn name<'a>(path: *const c_char, len: u32) -> Option<&'a OsStr> {
    if path.is_null() {
        return None;
    }
    let bytes = std::slice::from_raw_parts(path.cast::<u8>(), len as usize);
    Some(OsStr::from_bytes(bytes))
}

fn c_pid(pid: u32) -> Result<c_int> {
    pid.try_into().map_err(|_| Error::INVALID)
}

fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| Error::INVALID)
}

fn c_path_ptr(path: &Option<CString>) -> *const c_char {
    path.as_ref().map_or(ptr::null(), |p| p.as_ptr())
}

macro_rules! display_by {
    ($($type:ident $function:ident)*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // SAFETY: any number may be asked for; the string is static.
                f.write_str(unsafe { text(ffi::$function(self.0)) })
            }
        }
    )*};
}

display_by! {
    Kind mf_kind_name
    Source mf_source_name
    Rung mf_rung_name
    Sure mf_sure_name
    Refusal mf_refusal_text
    Why mf_why_text
}
