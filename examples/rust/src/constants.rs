// SPDX-License-Identifier: LGPL-2.1-or-later
//! The constants of `<mapfiles.h>`: `MF_KIND_FILE` is `Kind::FILE`. What each means stands there.
//!
//! They are numbers with names, no enums: a newer library may return one that has no name here.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

macro_rules! numbers {
    ($($name:ident $prefix:literal { $($member:ident = $value:literal,)* })*) => {$(
        #[doc = concat!("One of `", $prefix, "`.")]
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            $(#[doc = concat!("`", $prefix, stringify!($member), "`")]
            pub const $member: Self = Self($value);)*
            #[doc(hidden)]
            pub const NAMES: &'static [(&'static str, u32)] =
                &[$((concat!($prefix, stringify!($member)), $value)),*];
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $($value => f.write_str(stringify!($member)),)*
                    other => write!(f, "{other}"),
                }
            }
        }
    )*};
}

macro_rules! flags {
    ($($name:ident $prefix:literal { $($member:ident = $value:literal,)* })*) => {$(
        #[doc = concat!("Any of `", $prefix, "`; `default()` is none.")]
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $name(pub u32);

        impl $name {
            $(#[doc = concat!("`", $prefix, stringify!($member), "`")]
            pub const $member: Self = Self($value);)*
            #[doc(hidden)]
            pub const NAMES: &'static [(&'static str, u32)] =
                &[$((concat!($prefix, stringify!($member)), $value)),*];

            /// Whether all bits of `other` are set.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }
        }

        impl BitOr for $name {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl BitOrAssign for $name {
            fn bitor_assign(&mut self, other: Self) {
                self.0 |= other.0;
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let named = [$((stringify!($member), $value)),*];
                let mut set = f.debug_set();
                for (name, _) in named.iter().filter(|(_, bit)| self.0 & bit != 0) {
                    set.entry(&format_args!("{name}"));
                }
                match named.iter().fold(self.0, |rest, (_, bit)| rest & !bit) {
                    0 => set.finish(),
                    rest => set.entry(&format_args!("{rest:#x}")).finish(),
                }
            }
        }
    )*};
}

numbers! {
    Kind "MF_KIND_" {
        UNKNOWN = 0,
        FILE = 1,
        ANON = 2,
        SHM_ANON = 3,
        MEMFD = 4,
        SYSV = 5,
        HUGETLB = 6,
        HEAP = 7,
        STACK = 8,
        VDSO = 9,
        VVAR = 10,
        VSYSCALL = 11,
        DEVICE = 12,
        ANON_NAMED = 13,
        ANON_INODE = 14,
        SOCKET = 15,
        SECRETMEM = 16,
        AIO = 17,
        DMABUF = 18,
        SPECIAL = 19,
    }
    Source "MF_SOURCE_" {
        AUTO = 0,
        MAP_FILES = 1,
        QUERY = 2,
        MAPS = 3,
        CORE = 4,
    }
    Rung "MF_RUNG_" {
        MAP_FILES = 1,
        EXE = 2,
        FD = 3,
        PATH = 4,
        COPY = 5,
    }
    Sure "MF_SURE_" {
        EXACT = 1,
        MATCHING = 2,
        COPY = 3,
        BUILD_ID = 4,
        NAME = 5,
    }
    Refusal "MF_REFUSAL_" {
        NONE = 0,
        NO_OBJECT = 1,
        AIO = 2,
        SOCKET = 3,
        ANON_INODE = 4,
        SECRET = 5,
        DEVICE = 6,
        PRIVATE = 7,
        PRIVATE_UNKNOWN = 8,
        TOO_SHORT = 9,
        SEALED = 10,
        UNCERTAIN = 11,
        OTHER_BYTES = 12,
        CHANGED = 13,
        NOT_OPENED = 14,
        TAKEN = 15,
        NO_ROOM = 16,
        NOT_MAPPED = 17,
    }
    ChangeAction "MF_CHANGE_" {
        ADDED = 1,
        REMOVED = 2,
        MODIFIED = 3,
    }
    BuildIdFrom "MF_BUILD_ID_" {
        NONE = 0,
        MEMORY = 1,
        FILE = 2,
        KERNEL = 3,
    }
    Access "MF_ACCESS_" {
        DETAILS = 1,
        LIST = 2,
        FOLLOW = 3,
        MEMORY = 4,
    }
    Why "MF_WHY_" {
        ALLOWED = 0,
        HIDDEN = 1,
        OTHER_USER = 2,
        NOT_DUMPABLE = 3,
        MORE_CAPABILITIES = 4,
        DIRECTORY_MODE = 5,
        NO_CAPABILITY = 6,
        USER_NAMESPACE = 7,
        YAMA = 8,
        NO_MAP_FILES = 9,
        NO_ADDRESS_SPACE = 10,
        SECURITY_MODULE = 11,
    }
}

flags! {
    Prot "MF_PROT_" {
        READ = 0x1,
        WRITE = 0x2,
        EXEC = 0x4,
    }
    MappingFlag "MF_MAPPING_" {
        SHARED = 0x1,
        DELETED = 0x2,
        RACED = 0x4,
        NAME_AMBIGUOUS = 0x8,
        NAME_CARRIED = 0x10,
    }
    Has "MF_HAS_" {
        PROT = 0x1,
        DEV = 0x2,
        OFFSET = 0x4,
        PATH = 0x8,
        DELETED = 0x10,
        STAT = 0x20,
        OPEN_MODE = 0x40,
        PAGE_SIZE = 0x80,
        SEALS = 0x100,
        BIAS = 0x200,
        ELF = 0x400,
    }
    IterFlag "MF_ITER_" {
        ALL = 0x1,
        STREAM = 0x2,
        STAT = 0x4,
        OPEN_FDS = 0x8,
        SHARED = 0x10,
        RUN_NAMES = 0x20,
    }
    ReportFlag "MF_REPORT_" {
        COMPLETE = 0x1,
        SNAPSHOT = 0x2,
        RACED = 0x4,
    }
    OpenFlag "MF_OPEN_" {
        AS_MAPPED = 0x1,
        PATH = 0x2,
        ANY_TYPE = 0x4,
        DIRECT = 0x8,
        COPY = 0x10,
        MAY_BLOCK = 0x20,
        EXACT = 0x40,
    }
    ObjectsFlag "MF_OBJECTS_" {
        TREE = 0x1,
        EVERYONE = 0x2,
        SHARED = 0x4,
        OPEN_FDS = 0x8,
        RUN_NAMES = 0x10,
    }
    ObjectFlag "MF_OBJECT_" {
        UNCERTAIN = 0x1,
        APART = 0x2,
        DELETED = 0x4,
    }
    ProcessFlag "MF_PROCESS_" {
        NUMBERS_ONLY = 0x1,
    }
    RemapFlag "MF_REMAP_" {
        AT = 0x1,
        REPLACE = 0x2,
        CLIP = 0x4,
        OBJECT_ONLY = 0x8,
        MATCHING = 0x10,
        MAY_BLOCK = 0x20,
    }
    Differs "MF_DIFFERS_" {
        END = 0x1,
        PROT = 0x2,
        OFFSET = 0x4,
        NAME = 0x8,
        PART = 0x10,
    }
    ModulesFlag "MF_MODULES_" {
        KERNEL_BUILD_ID = 0x1,
        NO_FILES = 0x2,
    }
    ModuleFlag "MF_MODULE_" {
        EXE = 0x1,
        INTERPRETER = 0x2,
        DELETED = 0x4,
        DATA = 0x8,
    }
}

/// `MF_ITER_MEMORY`
pub const ITER_MEMORY: usize = 65536;
