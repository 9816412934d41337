// SPDX-License-Identifier: LGPL-2.1-or-later
//! Minimal example of listing the files that a process has mapped: list [PID]

use std::error::Error;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

fn list(pid: u32) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for mapping in mapfiles::Iter::open(pid)? {
        let m = mapping?; // only the end of the loop means that the list is complete
        write!(out, "{:x}-{:x} {} ", m.start, m.end, m.kind)?;
        out.write_all(m.path.as_ref().map_or(b"-", |path| path.as_bytes()))?; // any bytes
        writeln!(out)?;
    }
    Ok(())
}

fn main() {
    // 0 is this process itself.
    let pid = std::env::args().nth(1).map_or(0, |word| word.parse().expect("usage: list [PID]"));
    if let Err(error) = list(pid) {
        eprintln!("list: process {pid}: {error}");
        std::process::exit(1);
    }
}
