// SPDX-License-Identifier: LGPL-2.1-or-later
//! Minimal example of telling what processes share, anonymous memory too: share PID...

use mapfiles::Objects;
use std::collections::BTreeSet;
use std::error::Error;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

fn share(pids: &[u32]) -> Result<bool, Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let objects = Objects::scan(pids)?;
    for o in objects.iter().filter(|o| o.n_processes > 1) {
        match o.path {
            Some(path) => out.write_all(path.as_bytes())?,
            None => write!(out, "{}", o.kind)?,
        }
        for pid in o.users().map(|user| user.pid).collect::<BTreeSet<_>>() {
            write!(out, " {pid}")?;
        }
        writeln!(out)?;
    }
    let mut complete = true;
    for p in objects.processes() {
        if let Some(error) = p.error {
            eprintln!("share: process {}: {error}", p.pid);
            complete = false;
        }
    }
    Ok(complete)
}

fn main() {
    let words = std::env::args().skip(1);
    let pids: Vec<u32> = words.map(|word| word.parse().expect("usage: share PID...")).collect();
    match share(&pids) {
        Ok(true) => (),
        Ok(false) => std::process::exit(1),
        Err(error) => {
            eprintln!("share: {error}");
            std::process::exit(1);
        }
    }
}
