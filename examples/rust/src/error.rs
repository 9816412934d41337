// SPDX-License-Identifier: LGPL-2.1-or-later
use crate::{ffi, text};
use std::os::raw::c_int;
use std::{fmt, io};

/// An errno value with the library's own words for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Error(i32);

/// What the functions of this crate return.
pub type Result<T> = std::result::Result<T, Error>;

// Those that the library gives a meaning of its own; elsewhere the numbers are others.
#[cfg(not(any(target_arch = "mips", target_arch = "mips64", target_arch = "sparc64")))]
#[allow(missing_docs)]
impl Error {
    pub const EPERM: Self = Self(1);
    pub const ENOENT: Self = Self(2);
    pub const ESRCH: Self = Self(3);
    pub const EIO: Self = Self(5);
    pub const ENXIO: Self = Self(6);
    pub const E2BIG: Self = Self(7);
    pub const EBADF: Self = Self(9);
    pub const EAGAIN: Self = Self(11);
    pub const ENOMEM: Self = Self(12);
    pub const EACCES: Self = Self(13);
    pub const EEXIST: Self = Self(17);
    pub const ENOTDIR: Self = Self(20);
    pub const EINVAL: Self = Self(22);
    pub const EFBIG: Self = Self(27);
    pub const ERANGE: Self = Self(34);
    pub const ENODATA: Self = Self(61);
    pub const EPROTO: Self = Self(71);
    pub const EOPNOTSUPP: Self = Self(95);
    pub const ESTALE: Self = Self(116);
    pub const ECANCELED: Self = Self(125);
}

impl Error {
    pub(crate) const INVALID: Self = Self(22); // EINVAL, everywhere

    /// From `errno` or `-errno`.
    pub const fn from_raw_os_error(error: i32) -> Self {
        Self(error.wrapping_abs())
    }

    /// The errno value, positive.
    pub const fn raw_os_error(self) -> i32 {
        self.0
    }

    /// As [`io::Error::kind`].
    pub fn kind(self) -> io::ErrorKind {
        io::Error::from_raw_os_error(self.0).kind()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: any number may be asked for; the string is static.
        match unsafe { text(ffi::mf_strerror(self.0)) } {
            // Passed through from a system call: the C library knows what it is.
            "unexpected error" => io::Error::from_raw_os_error(self.0).fmt(f),
            words => f.write_str(words),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {self})", self.0)
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        io::Error::from_raw_os_error(error.0)
    }
}

pub(crate) fn check(result: c_int) -> Result<c_int> {
    if result < 0 {
        Err(Error::from_raw_os_error(result))
    } else {
        Ok(result)
    }
}
