// SPDX-License-Identifier: LGPL-2.1-or-later
//! Minimal example of opening the file behind each executable mapping: open PID

use mapfiles::{IterOptions, OpenFlag, Prot};
use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

fn open(pid: u32) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let mut iter = IterOptions::new().prot(Prot::EXEC).open(pid)?;
    while let Some(mapping) = iter.next() {
        let m = mapping?;
        out.write_all(m.path.as_ref().map_or(b"-", |path| path.as_bytes()))?;
        // The very file that is mapped, also when its name is gone.
        match iter.open_fd(&m, OpenFlag::default()) {
            Ok(fd) => writeln!(out, ": {} bytes", File::from(fd).metadata()?.len())?,
            Err(error) => writeln!(out, ": {error}")?,
        }
    }
    Ok(())
}

fn main() {
    let word = std::env::args().nth(1);
    let pid = word.and_then(|word| word.parse().ok()).expect("usage: open PID");
    if let Err(error) = open(pid) {
        eprintln!("open: process {pid}: {error}");
        std::process::exit(1);
    }
}
