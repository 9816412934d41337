// SPDX-License-Identifier: LGPL-2.1-or-later
//! Minimal example of finding what an address of a process belongs to: find PID ADDRESS

use std::error::Error;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

fn find(pid: u32, addr: u64) -> Result<bool, Box<dyn Error>> {
    let mut out = io::stdout().lock();
    // Asks the kernel as it is now, each time.
    let m = match mapfiles::Iter::open(pid)?.find_address(addr)? {
        Some(m) => m,
        None => {
            writeln!(out, "nothing is mapped there")?;
            return Ok(false);
        }
    };
    match &m.path {
        Some(path) => out.write_all(path.as_bytes())?,
        None => write!(out, "{}", m.kind)?,
    }
    match m.offset {
        Some(offset) => writeln!(out, " +{:#x}", addr - m.start + offset)?,
        None => writeln!(out)?,
    }
    Ok(true)
}

fn main() {
    let words: Vec<_> = std::env::args().collect();
    let pid = words.get(1).and_then(|word| word.parse().ok());
    let addr = words.get(2).and_then(|word| u64::from_str_radix(word, 16).ok());
    let (pid, addr) = pid.zip(addr).expect("usage: find PID ADDRESS");
    match find(pid, addr) {
        Ok(true) => (),
        Ok(false) => std::process::exit(1),
        Err(error) => {
            eprintln!("find: process {pid}: {error}");
            std::process::exit(1);
        }
    }
}
