// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the examples print, against /proc.

mod common;

use common::*;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output, Stdio};

fn run(name: &str, words: &[String]) -> Output {
    let exe = std::env::current_exe().unwrap();
    let directory = exe.parent().unwrap().parent().unwrap().join("examples");
    Command::new(directory.join(name)).args(words).stdin(Stdio::null()).output().unwrap()
}

fn stdout(name: &str, words: &[String]) -> Vec<u8> {
    let output = run(name, words);
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

fn hostile() -> (Directory, Target) {
    let dir = Directory::new();
    let path = dir.file(b"not utf-8 \xff", b"0123456789abcdef");
    let target = Target::mapping(&[path.as_os_str()]);
    (dir, target)
}

fn bytes(path: &Option<std::ffi::OsString>) -> &[u8] {
    path.as_deref().unwrap_or_else(|| OsStr::new("-")).as_bytes()
}

#[test]
fn list() {
    let (_dir, target) = hostile();
    let mut want = Vec::new();
    for m in raw_files(target.pid) {
        want.extend(format!("{:x}-{:x} file ", m.start, m.end).bytes());
        want.extend(bytes(&m.path));
        want.push(b'\n');
    }
    assert_eq!(stdout("list", &[target.pid.to_string()]), want);
}

#[test]
fn find() {
    let (dir, target) = hostile();
    let addr = target.addrs[0];
    let want = [dir.0.as_os_str().as_bytes(), b"/not utf-8 \xff +0x5\n"].concat();
    let pid = target.pid.to_string();
    assert_eq!(stdout("find", &[pid.clone(), format!("{:x}", addr + 5)]), want);
    assert_eq!(run("find", &[pid, "10".into()]).stdout, b"nothing is mapped there\n");
}

#[test]
fn open() {
    let target = Target::sleeper();
    let mut want = String::new();
    for m in raw_files(target.pid).iter().filter(|m| m.prot.contains('x')) {
        let path = m.path.as_ref().unwrap();
        want +=
            &format!("{}: {} bytes\n", path.to_str().unwrap(), fs::metadata(path).unwrap().len());
    }
    assert_eq!(String::from_utf8(stdout("open", &[target.pid.to_string()])).unwrap(), want);
}

#[test]
fn pidfd() {
    let target = Target::sleeper();
    let want = format!("{} mappings of files\n", raw_files(target.pid).len());
    assert_eq!(stdout("pidfd", &[target.pid.to_string()]), want.as_bytes());
}

#[test]
fn share() {
    let targets = [Target::sleeper(), Target::sleeper()];
    let mut pids = [targets[0].pid, targets[1].pid];
    pids.sort_unstable();
    let mut want: Vec<_> = raw_files(pids[0])
        .iter()
        .map(|m| format!("{} {} {}", m.path.as_ref().unwrap().to_str().unwrap(), pids[0], pids[1]))
        .collect();
    want.sort();
    want.dedup();
    let got = String::from_utf8(stdout("share", &pids.map(|pid| pid.to_string()))).unwrap();
    let mut got: Vec<_> = got.lines().collect();
    got.sort_unstable();
    assert_eq!(got, want);
}

#[test]
fn modules() {
    let target = Target::sleeper();
    let got = String::from_utf8(stdout("modules", &[target.pid.to_string()])).unwrap();
    let names: Vec<_> = got.lines().map(|line| line.splitn(3, ' ').nth(2).unwrap()).collect();
    for m in raw_files(target.pid).iter().filter(|m| m.prot.contains('x')) {
        assert!(names.contains(&m.path.as_ref().unwrap().to_str().unwrap()));
    }
}

#[test]
fn table() {
    let target = Target::sleeper();
    let want = format!("{} mappings\n", raw_maps(target.pid).len());
    assert_eq!(stdout("table", &[target.pid.to_string()]), want.as_bytes());
}

#[test]
fn remap() {
    let (_dir, target) = hostile();
    let words = [target.pid.to_string(), format!("{:x}", target.addrs[0])];
    assert_eq!(stdout("remap", &words), b"30313233343536373839616263646566\n");
}

#[test]
fn why() {
    let lines = stdout("why", &[Target::sleeper().pid.to_string()]);
    assert_eq!(lines.split(|byte| *byte == b'\n').count(), 5);
}

#[test]
fn each_tells_of_a_dead_process() {
    let pid = dead_pid().to_string();
    for name in ["list", "find", "open", "pidfd", "share", "modules", "table", "remap", "why"] {
        let mut words = vec![pid.clone()];
        if name == "find" || name == "remap" {
            words.push("10".into());
        }
        let output = run(name, &words);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}: {message}");
        assert!(message.starts_with(&format!("{name}: ")), "{message}");
        assert!(message.to_lowercase().contains("no such process"), "{message}");
    }
}
