// SPDX-License-Identifier: LGPL-2.1-or-later
//! Live processes to look at, and what /proc says of them, parsed here.
#![allow(dead_code)] // no test uses all

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::raw::{c_char, c_int, c_uint, c_void};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::io::{AsRawFd, FromRawFd};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

extern "C" {
    fn mmap(
        a: *mut c_void,
        len: usize,
        prot: c_int,
        flags: c_int,
        fd: c_int,
        at: i64,
    ) -> *mut c_void;
    fn memfd_create(name: *const c_char, flags: c_uint) -> c_int;
    pub fn mkfifo(path: *const c_char, mode: c_uint) -> c_int;
}

/// A process that is killed at the end of its test; it ends by itself when the test is.
pub struct Target {
    child: Child,
    stdin: ChildStdin,
    pub stdout: BufReader<std::process::ChildStdout>,
    pub pid: u32,
    pub addrs: Vec<u64>,
}

impl Target {
    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (pid, stdout) = (child.id(), BufReader::new(stdout));
        Self { child, stdin, stdout, pid, addrs: Vec::new() }
    }

    /// This program once more, which maps what the words say: "memfd", "anon", or a file. With
    /// "later" the rest is mapped after go().
    pub fn mapping(words: &[&OsStr]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "common::target", "--ignored", "--nocapture"]);
        let list: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        command.env("MAPFILES_TARGET", OsString::from_vec(list.join(&b'\x01')));
        let mut target = Self::spawn(&mut command);
        target.read_addrs();
        target
    }

    pub fn read_addrs(&mut self) {
        let mut line = String::new();
        while !line.ends_with("ready\n") {
            if let Some((_, addr)) = line.trim_end().split_once("at ") {
                self.addrs.push(addr.parse().unwrap());
            }
            line.clear();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "the target failed");
        }
    }

    pub fn shell(code: &str) -> Self {
        Self::spawn(Command::new("sh").args(["-c", code]))
    }

    pub fn sleeper() -> Self {
        let target = Self::spawn(&mut Command::new("cat"));
        // Waiting under its own name it has loaded all that it will. It ends with this program.
        let stat = format!("/proc/{}/stat", target.pid);
        wait_until(|| fs::read_to_string(&stat).unwrap().contains("(cat) S "));
        target
    }

    pub fn go(&mut self) {
        self.stdin.write_all(b"\n").unwrap();
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn wait_until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

const SIZE: usize = 8192;

fn map(word: &OsStr) -> u64 {
    // SAFETY: new mappings, of new descriptors.
    unsafe {
        let (fd, flags) = match word.as_bytes() {
            b"anon" => (-1, 0x21),
            b"memfd" => (memfd_create(b"shared\0".as_ptr().cast(), 1), 1),
            _ => {
                let file = OpenOptions::new().read(true).write(true).open(word).unwrap();
                (std::os::unix::io::IntoRawFd::into_raw_fd(file), 1)
            }
        };
        let file = (fd >= 0).then(|| File::from_raw_fd(fd));
        if let Some(file) = &file {
            file.set_len(SIZE as u64).unwrap();
        }
        let fd = file.as_ref().map_or(-1, |file| file.as_raw_fd());
        let at = mmap(std::ptr::null_mut(), SIZE, 3, flags, fd, 0);
        assert_ne!(at as usize, usize::MAX);
        at as u64
    }
}

#[test]
#[ignore = "it is a target of the other tests, not a test"]
fn target() {
    let words = match std::env::var_os("MAPFILES_TARGET") {
        Some(words) => words.into_vec(),
        None => return,
    };
    let mut line = String::new();
    for word in words.split(|byte| *byte == 1) {
        if word == b"later" {
            println!("ready");
            std::io::stdin().read_line(&mut line).unwrap();
        } else {
            println!("at {}", map(OsStr::from_bytes(word)));
        }
    }
    println!("ready");
    let _ = std::io::stdin().read_to_string(&mut line);
}

/// A directory that is removed at the end of its test.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Self {
        static N: AtomicU32 = AtomicU32::new(0);
        let n = N.fetch_add(1, Ordering::Relaxed);
        let name = format!("mapfiles-test-{}-{n}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        // As the kernel will name it.
        Self(path.canonicalize().unwrap())
    }

    pub fn file(&self, name: &[u8], content: &[u8]) -> PathBuf {
        let path = self.0.join(OsStr::from_bytes(name));
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub start: u64,
    pub end: u64,
    pub prot: String,
    pub offset: u64,
    pub dev: (u32, u32),
    pub inode: u64,
    pub path: Option<OsString>,
}

/// The one escape that the kernel makes, undone.
fn unescape(path: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (byte, n) = if rest.starts_with(b"\\012") { (b'\n', 4) } else { (rest[0], 1) };
        plain.push(byte);
        rest = &rest[n..];
    }
    plain
}

fn parse(line: &[u8]) -> Line {
    let mut words = line.splitn(6, |byte| *byte == b' ');
    let mut word = || String::from_utf8(words.next().unwrap().to_vec()).unwrap();
    let hex = |text: &str| u64::from_str_radix(text, 16).unwrap();
    let (span, prot, offset, dev, inode) = (word(), word(), word(), word(), word());
    let (start, end) = span.split_once('-').unwrap();
    let (major, minor) = dev.split_once(':').unwrap();
    let path = words.next().unwrap_or_default();
    let blanks = path.iter().take_while(|byte| **byte == b' ').count();
    let path = unescape(&path[blanks..]);
    Line {
        start: hex(start),
        end: hex(end),
        prot,
        offset: hex(&offset),
        dev: (hex(major) as u32, hex(minor) as u32),
        inode: inode.parse().unwrap(),
        path: (!path.is_empty()).then(|| OsString::from_vec(path)),
    }
}

pub fn raw_maps(pid: u32) -> Vec<Line> {
    let text = fs::read(format!("/proc/{pid}/maps")).unwrap();
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(parse).collect()
}

/// Those that have a link in map_files.
pub fn raw_files(pid: u32) -> Vec<Line> {
    let mut lines = raw_maps(pid);
    lines.retain(|m| fs::symlink_metadata(link(pid, m.start, m.end)).is_ok());
    lines
}

pub fn link(pid: u32, start: u64, end: u64) -> PathBuf {
    format!("/proc/{pid}/map_files/{start:x}-{end:x}").into()
}

/// A mapping as a line of maps.
pub fn shown(m: &mapfiles::Mapping) -> Line {
    let prot = m.prot.unwrap();
    let bits =
        [(mapfiles::Prot::READ, 'r'), (mapfiles::Prot::WRITE, 'w'), (mapfiles::Prot::EXEC, 'x')];
    let mut letters: String =
        bits.iter().map(|(bit, c)| if prot.contains(*bit) { *c } else { '-' }).collect();
    letters.push(if m.shared().unwrap() { 's' } else { 'p' });
    Line {
        start: m.start,
        end: m.end,
        prot: letters,
        offset: m.offset.unwrap(),
        dev: m.dev.unwrap(),
        inode: m.inode.unwrap(),
        path: m.path.clone(),
    }
}

pub fn n_fds() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

pub fn dead_pid() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}
