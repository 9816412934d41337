// SPDX-License-Identifier: LGPL-2.1-or-later
//! Threads, and what is refused. That what is dropped cannot be used, and no reference outlives
//! what it refers to, is the compiler's work.

mod common;

use common::*;
use mapfiles::*;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::thread;

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}

/// Compiles only while the type is not Sync: else there are two implementations to choose from.
macro_rules! is_not_sync {
    ($type:ty) => {{
        trait Ambiguous<A> {
            fn one() {}
        }
        impl<T: ?Sized> Ambiguous<()> for T {}
        impl<T: ?Sized + Sync> Ambiguous<u8> for T {}
        <$type as Ambiguous<_>>::one();
    }};
}

#[test]
fn what_goes_to_other_threads() {
    is_send::<Iter>();
    is_not_sync!(Iter);
    is_send::<Remapped>();
    is_not_sync!(Remapped);
    is_send::<Table>();
    is_sync::<Table>();
    is_send::<Modules>();
    is_sync::<Modules>();
    is_send::<Objects>();
    is_sync::<Objects>();
    is_send::<Mapping>();
    is_sync::<Mapping>();
}

#[test]
fn an_iterator_goes_to_another_thread() {
    let target = Target::sleeper();
    let n = raw_files(target.pid).len();
    let mut iter = Iter::open(target.pid).unwrap();
    iter.next().unwrap().unwrap();
    assert_eq!(thread::spawn(move || iter.count()).join().unwrap(), n - 1);
}

#[test]
fn iterators_are_independent() {
    let target = Target::sleeper();
    let want = raw_files(target.pid);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let iter = Iter::open(target.pid).unwrap();
                    assert_eq!(iter.map(|m| shown(&m.unwrap())).collect::<Vec<_>>(), want);
                }
            });
        }
    });
}

#[test]
fn refusals() {
    let dir = Directory::new();
    let fifo = dir.0.join("fifo");
    let name = std::ffi::CString::new(fifo.as_os_str().as_bytes()).unwrap();
    // SAFETY: a NUL-ended string.
    assert_eq!(unsafe { mkfifo(name.as_ptr(), 0o600) }, 0);
    let fifo_file = File::options().read(true).write(true).open(&fifo).unwrap();
    let new = IterOptions::new;
    for (result, error) in [
        (Iter::open(dead_pid()), Error::ESRCH),
        (Iter::open(u32::MAX), Error::EINVAL),
        (Iter::open(1 << 31), Error::EINVAL),
        (new().flags(IterFlag(0x4000_0000)).open(0), Error::EINVAL),
        (new().flags(IterFlag::OPEN_FDS).open(0), Error::EINVAL),
        (new().source(Source(99)).open(0), Error::EINVAL),
        (new().range(std::ops::Range { start: 2, end: 1 }).open(0), Error::EINVAL),
        (new().open_pidfd(&fifo_file), Error::EBADF),
        (new().open_core(&fifo_file), Error::EINVAL),
        (new().proc_root("/nonexistent").open(0), Error::ENOENT),
        (new().proc_root("/proc\0").open(0), Error::EINVAL),
        (new().proc_root(&fifo).open(0), Error::ENOTDIR),
    ] {
        assert_eq!(result.map(|_| ()), Err(error));
    }
    for pids in [&[][..], &[0], &[u32::MAX]] {
        assert_eq!(Objects::scan(pids).map(|_| ()), Err(Error::EINVAL));
    }
    let mut iter = Iter::open(0).unwrap();
    let m = iter.next().unwrap().unwrap();
    assert_eq!(iter.open_fd(&m, OpenFlag(0x4000)).map(|_| ()), Err(Error::EINVAL));
}

#[test]
fn a_mapping_of_ones_own_making_opens_nothing_wrong() {
    let mut iter = Iter::open(0).unwrap();
    let m = iter.next().unwrap().unwrap();
    let mut wrong = [m.clone(), m.clone(), m];
    (wrong[0].start, wrong[0].end) = (0x10, 0x20);
    (wrong[1].start, wrong[1].end) = (0, u64::MAX);
    wrong[2].inode = wrong[2].inode.map(|inode| inode + 1);
    wrong[2].name_len = usize::MAX;
    for m in &wrong {
        assert_eq!(iter.open_fd(m, OpenFlag::default()).map(|_| ()), Err(Error::ESTALE));
        m.name();
    }
}

#[test]
fn errors_are_those_of_the_system_in_words_of_the_library() {
    assert_eq!(Error::ESRCH.to_string(), "no such process, or it exited meanwhile");
    assert_eq!(Error::from_raw_os_error(-13).kind(), io::ErrorKind::PermissionDenied);
    let error = io::Error::from(Error::ESTALE);
    assert_eq!(error.raw_os_error(), Some(116));
    // One that the library gives no meaning of its own.
    assert!(Error::from_raw_os_error(18).to_string().contains("cross-device"), "EXDEV");
}

#[test]
fn names_of_numbers() {
    assert_eq!(
        (Kind::MEMFD.to_string(), format!("{:?}", Kind::MEMFD)),
        ("memfd".into(), "MEMFD".into())
    );
    assert_eq!(Source::QUERY.to_string(), "query");
    assert_eq!(format!("{:?}", Prot::READ | Prot(0x40)), "{READ, 0x40}");
    assert_eq!(version().0, env!("CARGO_PKG_VERSION_MAJOR").parse().unwrap());
}
