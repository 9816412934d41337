// SPDX-License-Identifier: LGPL-2.1-or-later
//! Descriptors, remapped memory, tables, modules and sharing.

mod common;

use common::*;
use mapfiles::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CString, OsStr};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

fn identity(st: &fs::Metadata) -> (u64, u64) {
    (st.dev(), st.ino())
}

#[test]
fn each_descriptor_is_of_the_mapped_object() {
    let target = Target::sleeper();
    let mut iter = Iter::open(target.pid).unwrap();
    while let Some(m) = iter.next() {
        let m = m.unwrap();
        let file = File::from(iter.open_fd(&m, OpenFlag::default()).unwrap());
        let want = fs::metadata(link(target.pid, m.start, m.end)).unwrap();
        assert_eq!(identity(&file.metadata().unwrap()), identity(&want));
        let info = iter.open_info().unwrap();
        assert_eq!((info.rung, info.sure), (Rung::MAP_FILES, Sure::EXACT));
    }
}

#[test]
fn a_fifo_that_took_the_name_is_not_opened() {
    let dir = Directory::new();
    let path = dir.file(b"mapped", b"the mapped bytes");
    let ino = fs::metadata(&path).unwrap().ino();
    let target = Target::mapping(&[path.as_os_str()]);
    fs::remove_file(&path).unwrap();
    let name = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: a NUL-ended string.
    assert_eq!(unsafe { mkfifo(name.as_ptr(), 0o600) }, 0);
    let mut iter = Iter::open(target.pid).unwrap();
    let m = iter.find_address(target.addrs[0]).unwrap().unwrap();
    let mut file = File::from(iter.open_fd(&m, OpenFlag::default()).unwrap());
    let mut bytes = [0; 16];
    file.read_exact(&mut bytes).unwrap();
    assert_eq!((&bytes, file.metadata().unwrap().ino()), (b"the mapped bytes", ino));
}

#[test]
fn a_copy_of_what_has_no_file() {
    let target = Target::sleeper();
    let mut iter = IterOptions::new().flags(IterFlag::ALL).open(target.pid).unwrap();
    let vdso = |m: &Mapping| m.path.as_deref() == Some(OsStr::new("[vdso]"));
    let m = iter.by_ref().map(Result::unwrap).find(vdso).unwrap();
    assert_eq!(iter.open_info().unwrap_err(), Error::ENOENT);
    assert_eq!(iter.open_fd(&m, OpenFlag::default()).unwrap_err(), Error::ENXIO);
    let (mut copy, mut want) = (Vec::new(), vec![0; (m.end - m.start) as usize]);
    let fd = iter.open_fd(&m, OpenFlag::COPY).unwrap();
    File::from(fd).read_to_end(&mut copy).unwrap();
    assert_eq!(iter.read(m.start, &mut want), Ok(want.len()));
    assert_eq!(copy, want);
    assert_eq!(iter.open_info().unwrap().sure, Sure::COPY);
}

#[test]
fn remapped_memory_is_the_same_memory() {
    let target = Target::mapping(&[OsStr::new("memfd")]);
    let addr = target.addrs[0];
    let mut iter = Iter::open(target.pid).unwrap();
    let m = iter.find_address(addr).unwrap().unwrap();
    let plan = iter.remap_plan(&m, RemapFlag::default()).unwrap();
    assert_eq!((plan.shared, plan.length, plan.error), (true, 8192, None));
    let memory = iter.remap(&m, RemapFlag::default(), None).unwrap();
    memory.write_at(5000, b"seen by both").unwrap();
    let mut bytes = [0; 12];
    assert_eq!(iter.read(addr + 5000, &mut bytes), Ok(12));
    assert_eq!(&bytes, b"seen by both");
    for (offset, len) in [(8181, 12), (usize::MAX, 12), (0, 8193)] {
        assert_eq!(memory.read_at(offset, &mut vec![0; len]), Err(Error::EINVAL));
        assert_eq!(memory.write_at(offset, &vec![0; len]), Err(Error::EINVAL));
    }
    let start = memory.as_ptr() as u64;
    let here = |start| raw_maps(std::process::id()).iter().any(|m| m.start == start);
    assert!(here(start));
    std::thread::spawn(move || drop(memory)).join().unwrap();
    assert!(!here(start));
}

#[test]
fn remap_says_why_not() {
    let target = Target::sleeper();
    let mut iter = IterOptions::new().flags(IterFlag::ALL).open(target.pid).unwrap();
    let m = iter.by_ref().map(Result::unwrap).find(|m| m.kind == Kind::HEAP).unwrap();
    assert_eq!(iter.remap(&m, RemapFlag::default(), None).unwrap_err(), Error::ENXIO);
    let made = iter.remap_made().unwrap();
    assert_eq!((made.refusal, made.error), (Refusal::NO_OBJECT, Some(Error::ENXIO)));
    assert!(made.refusal.to_string().len() > 10);
    // What is in use here is neither replaced nor taken.
    let own = Iter::open(0).unwrap().next().unwrap().unwrap();
    iter.rewind().unwrap();
    let file = iter.next().unwrap().unwrap();
    for (flags, error) in [(RemapFlag::REPLACE, Error::EINVAL), (RemapFlag::AT, Error::EEXIST)] {
        assert_eq!(iter.remap(&file, flags, Some(own.start)).unwrap_err(), error);
    }
}

#[test]
fn a_table_is_the_list_and_tells_what_changed() {
    let mut target = Target::mapping(&[OsStr::new("later"), OsStr::new("anon")]);
    let lines = raw_maps(target.pid);
    let mut iter = IterOptions::new().flags(IterFlag::ALL).open(target.pid).unwrap();
    let mut table = Table::open(&mut iter).unwrap();
    assert_eq!(table.iter().map(|m| shown(&m)).collect::<Vec<_>>(), lines);
    assert_eq!((table.len(), table.get(lines.len())), (lines.len(), None));
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(table.find(line.end - 1), Some(index));
    }
    let like = table.iter().find(|m| m.inode != Some(0)).unwrap();
    let index = table.find_object(&like, 0).unwrap().unwrap();
    assert_eq!(table.get(index).unwrap(), like);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(table.iter().count(), lines.len()));
        }
    });

    target.go();
    target.read_addrs();
    table.refresh(&mut iter).unwrap();
    let changes = table.changes().unwrap();
    let shared = changes.iter().filter_map(|c| c.after.as_ref()).find(|m| m.kind == Kind::SHM_ANON);
    assert_eq!(shared.unwrap().start, target.addrs[0]);
    assert!(table.changes().unwrap().is_empty());
}

#[test]
fn modules_are_the_executable_files() {
    let target = Target::sleeper();
    let mut iter = Iter::open(target.pid).unwrap();
    let modules = Modules::open(&mut iter, ModulesFlag::default()).unwrap();
    let files = raw_files(target.pid);
    let of = |path| files.iter().filter(move |m| m.path.as_deref() == path);
    for line in files.iter().filter(|m| m.prot.contains('x')) {
        let module = modules.find(line.start).unwrap();
        assert_eq!((module.path, module.inode), (line.path.as_deref(), Some(line.inode)));
        let segments: Vec<_> = module.segments.iter().map(|s| (s.start, s.end, s.offset)).collect();
        let want: Vec<_> = of(module.path).map(|m| (m.start, m.end, m.offset)).collect();
        assert_eq!(segments, want);
        let file = File::from(module.open_fd(&mut iter, OpenFlag::default()).unwrap());
        assert_eq!(file.metadata().unwrap().ino(), line.inode);
        let mut other = Iter::open(0).unwrap();
        assert_eq!(module.open_fd(&mut other, OpenFlag::default()).unwrap_err(), Error::EINVAL);
    }
    let exe = modules.iter().find(|m| m.flags.contains(ModuleFlag::EXE)).unwrap();
    let link = fs::read_link(format!("/proc/{}/exe", target.pid)).unwrap();
    assert_eq!(exe.path, Some(link.as_os_str()));
    assert!(exe.elf.is_some() && exe.bias.is_some());
    assert!(modules.find(0x10).is_none() && modules.get(modules.len()).is_none());
}

#[test]
fn sharing_is_by_object() {
    let targets = [Target::sleeper(), Target::sleeper(), Target::mapping(&[OsStr::new("anon")])];
    let pids = [targets[0].pid, targets[1].pid, targets[2].pid];
    let mut want = BTreeMap::<_, BTreeSet<_>>::new();
    for pid in pids {
        for m in raw_files(pid) {
            let st = fs::metadata(link(pid, m.start, m.end)).unwrap();
            want.entry(st.ino()).or_default().insert((pid, m.start, m.end));
        }
    }
    let mut seen = Vec::new();
    let options = ScanOptions::new().progress(|done, total| {
        seen.push((done, total));
        true
    });
    let objects = options.scan(&pids).unwrap();
    let users = |o: &Object<'_>| o.users().map(|u| (u.pid, u.start, u.end)).collect();
    let got: BTreeMap<_, BTreeSet<_>> =
        objects.iter().map(|o| (o.st_ino.unwrap(), users(&o))).collect();
    assert_eq!(got, want);
    assert_eq!(seen, [(0, 3), (1, 3), (2, 3), (3, 3)]);
    assert!(objects.processes().all(|p| p.error.is_none()));

    let exe = File::open("/proc/self/exe").unwrap();
    assert_eq!(objects.find(&exe).unwrap().unwrap().n_processes, 1);
    let other = File::open("/bin/true").unwrap();
    assert!(objects.find(&other).unwrap().is_none());
}

#[test]
fn a_scan_may_keep_descriptors() {
    let target = Target::sleeper();
    let options = ScanOptions::new().flags(ObjectsFlag::OPEN_FDS);
    let objects = options.scan(&[target.pid]).unwrap();
    for o in objects.iter() {
        let file = File::from(o.fd.unwrap().try_clone_to_owned().unwrap());
        assert_eq!(Some(file.metadata().unwrap().ino()), o.st_ino);
    }
    assert!(Objects::scan(&[target.pid]).unwrap().iter().all(|o| o.fd.is_none()));
}

#[test]
fn a_scan_is_ended_by_its_progress() {
    let everyone = || ScanOptions::new().flags(ObjectsFlag::EVERYONE);
    assert_eq!(everyone().progress(|_, _| false).scan(&[]).unwrap_err(), Error::ECANCELED);
    let panic = std::panic::catch_unwind(|| {
        let _ = everyone().progress(|_, _| panic!("enough")).scan(&[]);
    });
    assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"enough"));
}

#[test]
fn explain_allows_oneself() {
    for access in [Access::DETAILS, Access::LIST, Access::MEMORY] {
        assert_eq!(explain(0, access, None), Ok(Why::ALLOWED));
    }
    assert_eq!(explain(dead_pid(), Access::LIST, None), Err(Error::ESRCH));
}
