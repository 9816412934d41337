// SPDX-License-Identifier: LGPL-2.1-or-later
//! Descriptors are counted, so there is one test, alone in its process.

mod common;

use common::*;
use mapfiles::*;

#[test]
fn nothing_is_left() {
    let target = Target::sleeper();
    let n = raw_files(target.pid).len();
    let before = n_fds();
    for _ in 0..2000 {
        assert_eq!(Iter::open(target.pid).unwrap().count(), n);
    }
    let mut iter = Iter::open(target.pid).unwrap();
    let m = iter.next().unwrap().unwrap();
    for _ in 0..10_000 {
        iter.open_fd(&m, OpenFlag::default()).unwrap();
    }
    for _ in 0..100 {
        Table::open(&mut iter).unwrap();
        Modules::open(&mut iter, ModulesFlag::default()).unwrap();
        Objects::scan(&[target.pid]).unwrap();
        iter.remap(&m, RemapFlag::default(), None).unwrap();
        iter.open_fd(&m, OpenFlag(0x4000)).unwrap_err();
        Iter::open(u32::MAX).unwrap_err();
    }
    drop(iter);
    let walk = || -> Result<()> {
        for m in Iter::open(target.pid)? {
            m?;
            Err(Error::EIO)?;
        }
        Ok(())
    };
    assert_eq!(walk(), Err(Error::EIO));
    let panic = std::panic::catch_unwind(|| {
        let _iter = Iter::open(0).unwrap();
        panic!("in mid-walk");
    });
    assert!(panic.is_err());
    assert_eq!(n_fds(), before);
    assert!(raw_maps(std::process::id()).iter().filter(|l| l.path == m.path).count() < 2);
}
