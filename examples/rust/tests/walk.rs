// SPDX-License-Identifier: LGPL-2.1-or-later
//! What is listed, found and read, against /proc.

mod common;

use common::*;
use mapfiles::*;
use std::ffi::OsStr;
use std::fs;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

fn all() -> IterOptions {
    IterOptions::new().flags(IterFlag::ALL)
}

fn lines(iter: Iter) -> Vec<Line> {
    iter.map(|m| shown(&m.unwrap())).collect()
}

#[test]
fn all_mappings_are_those_of_maps() {
    let target = Target::sleeper();
    for source in [Source::AUTO, Source::QUERY, Source::MAPS] {
        match all().source(source).open(target.pid) {
            Ok(iter) => assert_eq!(lines(iter), raw_maps(target.pid)),
            Err(error) => {
                assert_eq!((source, error), (Source::QUERY, Error::EOPNOTSUPP));
                // Not by println!(), which is not shown.
                let skip = "SKIP: all_mappings_are_those_of_maps: no PROCMAP_QUERY\n";
                std::io::Write::write_all(&mut std::io::stdout(), skip.as_bytes()).unwrap();
            }
        }
    }
}

#[test]
fn mapped_files_are_those_of_map_files() {
    let target = Target::sleeper();
    assert!(raw_files(target.pid).len() > 5);
    for flags in [IterFlag::default(), IterFlag::STREAM] {
        let iter = IterOptions::new().flags(flags).open(target.pid).unwrap();
        assert_eq!(lines(iter), raw_files(target.pid));
    }
}

#[test]
fn paths_are_the_very_bytes() {
    let dir = Directory::new();
    let names: [&[u8]; 5] =
        [b"not utf-8 \xff\x80", b"new\nline", b"a (deleted)", b"\x07\t", b"gone"];
    let paths: Vec<_> = names.iter().map(|name| dir.file(name, b"x")).collect();
    let target = Target::mapping(&paths.iter().map(|p| p.as_os_str()).collect::<Vec<_>>());
    fs::remove_file(&paths[4]).unwrap();
    for (path, addr) in paths.iter().zip(&target.addrs) {
        let mut iter = Iter::open(target.pid).unwrap();
        let m = iter.find(|m| m.as_ref().unwrap().start == *addr).unwrap().unwrap();
        assert_eq!(m.name(), Some(path.as_os_str()));
        assert_eq!(m.deleted(), Some(path.ends_with("gone")));
    }
    assert_eq!(lines(all().open(target.pid).unwrap()), raw_maps(target.pid));
}

#[test]
fn filters() {
    let target = Target::sleeper();
    let maps = raw_maps(target.pid);
    let middle = &maps[maps.len() / 2];
    let list = |options: IterOptions| lines(options.open(target.pid).unwrap());
    assert_eq!(list(all().range(middle.start + 1..middle.end)), [middle.clone()]);
    assert_eq!(list(all().range(middle.start..u64::MAX)), maps[maps.len() / 2..]);
    let mut want = maps.clone();
    want.retain(|m| m.prot.starts_with("r-x"));
    assert_eq!(list(all().prot(Prot::READ | Prot::EXEC)), want);
    want = maps;
    want.retain(|m| m.prot.ends_with('s'));
    assert_eq!(list(all().flags(IterFlag::ALL | IterFlag::SHARED)), want);
}

#[test]
fn stat_fields_are_those_of_stat() {
    let target = Target::sleeper();
    for m in IterOptions::new().flags(IterFlag::STAT).open(target.pid).unwrap() {
        let m = m.unwrap();
        let st = fs::metadata(link(target.pid, m.start, m.end)).unwrap();
        assert_eq!((m.st_ino, m.st_size), (Some(st.ino()), Some(st.size())));
        assert_eq!((m.st_mode, m.st_nlink), (Some(st.mode()), Some(st.nlink() as u32)));
    }
    assert!(Iter::open(target.pid).unwrap().all(|m| m.unwrap().st_ino.is_none()));
}

#[test]
fn a_saved_tree_is_another_proc_root() {
    let (target, dir) = (Target::sleeper(), Directory::new());
    let saved = dir.0.join(target.pid.to_string());
    fs::create_dir(&saved).unwrap();
    fs::copy(format!("/proc/{}/maps", target.pid), saved.join("maps")).unwrap();
    let iter = all().proc_root(&dir.0).open(target.pid).unwrap();
    let starts: Vec<_> = iter.map(|m| m.unwrap().start).collect();
    assert_eq!(starts, raw_maps(target.pid).iter().map(|m| m.start).collect::<Vec<_>>());
}

#[test]
fn report_rewind_and_source() {
    let target = Target::sleeper();
    let n = raw_files(target.pid).len();
    let mut iter = IterOptions::new().source(Source::MAP_FILES).open(target.pid).unwrap();
    assert_eq!((iter.source(), iter.pid()), (Source::MAP_FILES, target.pid));
    iter.next().unwrap().unwrap();
    let report = iter.report().unwrap();
    assert_eq!((report.n_mappings, report.flags.contains(ReportFlag::COMPLETE)), (1, false));
    assert_eq!(iter.by_ref().count(), n - 1);
    let report = iter.report().unwrap();
    assert_eq!(report.flags, ReportFlag::COMPLETE | ReportFlag::SNAPSHOT);
    assert!(iter.next().is_none());
    iter.rewind().unwrap();
    assert_eq!(iter.count(), n);
}

#[test]
fn find_and_read() {
    let target = Target::sleeper();
    let mut iter = Iter::open(target.pid).unwrap();
    let mut mem = File::open(format!("/proc/{}/mem", target.pid)).unwrap();
    for line in raw_maps(target.pid) {
        assert_eq!(shown(&iter.find_address(line.start).unwrap().unwrap()), line);
        assert_eq!(iter.find_address(line.end - 1).unwrap().unwrap().start, line.start);
        let (mut want, mut got) = ([0; 100], [0; 100]);
        mem.seek(SeekFrom::Start(line.start)).unwrap();
        if line.start < 1 << 63 && mem.read_exact(&mut want).is_ok() {
            assert_eq!(iter.read(line.start, &mut got), Ok(100));
            assert_eq!(got, want);
        }
    }
    assert_eq!(iter.find_address(0x10), Ok(None));
    assert_eq!(iter.read(0x10, &mut [0; 4]), Ok(0));
}

#[test]
fn the_end_of_a_process_is_no_end_of_a_list() {
    let mut target = Target::sleeper();
    let mut iter = IterOptions::new().flags(IterFlag::STREAM).open(target.pid).unwrap();
    iter.next().unwrap().unwrap();
    target.kill();
    let rest: Vec<_> = iter.by_ref().collect();
    assert_eq!(rest.last().unwrap().as_ref().unwrap_err(), &Error::ESRCH);
    // A loop that does not mind errors ends too.
    assert!(iter.next().is_none());
    assert!(!iter.report().unwrap().flags.contains(ReportFlag::COMPLETE));
}

#[test]
fn exec_in_mid_walk_is_stale() {
    let mut target = Target::shell("echo up; read line; exec cat");
    let mut line = String::new();
    std::io::BufRead::read_line(&mut target.stdout, &mut line).unwrap();
    let mut iter = Iter::open(target.pid).unwrap();
    iter.next().unwrap().unwrap();
    target.go();
    wait_until(|| fs::read(format!("/proc/{}/comm", target.pid)).unwrap() == b"cat\n");
    assert_eq!(iter.last().unwrap().unwrap_err(), Error::ESTALE);
}

/// A core with one file, as the kernel writes it: NT_FILE, and one segment that is left out.
fn core(name: &[u8], start: u64, end: u64, offset: u64) -> Vec<u8> {
    fn le<const N: usize>(words: [u64; N]) -> Vec<u8> {
        words.into_iter().flat_map(u64::to_le_bytes).collect()
    }
    fn le32<const N: usize>(words: [u32; N]) -> Vec<u8> {
        words.into_iter().flat_map(u32::to_le_bytes).collect()
    }
    let desc = [le([1, 4096, start, end, offset / 4096]), name.to_vec(), vec![0]].concat();
    let head = le32([5, desc.len() as u32, 0x4649_4c45]);
    let mut note = [head, b"CORE\0\0\0\0".to_vec(), desc].concat();
    note.resize((note.len() + 3) / 4 * 4, 0);
    let ehdr = [
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(),
        le32([4 | 62 << 16, 1]),
        le([0, 64, 0]),
        le32([0, 64 | 56 << 16, 2, 0]),
    ];
    let phdr = |kind, flags, words: [u64; 6]| [le32([kind, flags]), le(words)].concat();
    let at = 64 + 2 * 56;
    let notes = phdr(4, 0, [at, 0, 0, note.len() as u64, 0, 4]);
    let load = phdr(1, 5, [at + note.len() as u64, start, 0, 0, end - start, 1]);
    [ehdr.concat(), notes, load, note].concat()
}

#[test]
fn a_core_is_walked_too() {
    let dir = Directory::new();
    let path = dir.file(b"core", &core(b"/no/such \xff", 0x100_0000, 0x100_4000, 0x2000));
    let mut iter = IterOptions::new().open_core(File::open(path).unwrap()).unwrap();
    assert_eq!(iter.source(), Source::CORE);
    let m = iter.next().unwrap().unwrap();
    assert_eq!((m.start, m.end, m.offset, m.inode), (0x100_0000, 0x100_4000, Some(0x2000), None));
    assert_eq!(m.path.as_deref(), Some(OsStr::from_bytes(b"/no/such \xff")));
    assert_eq!(iter.open_fd(&m, OpenFlag::default()).unwrap_err(), Error::ENOENT);
    assert!(iter.next().is_none());
}

#[test]
fn a_mapping_outlives_its_iterator() {
    let mut iter = Iter::open(0).unwrap();
    let first = iter.next().unwrap().unwrap();
    let copy = format!("{first:?}");
    while iter.next().is_some() {}
    drop(iter);
    assert_eq!(format!("{first:?}"), copy);
}
