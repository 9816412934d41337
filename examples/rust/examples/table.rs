// SPDX-License-Identifier: LGPL-2.1-or-later
//! Minimal example of seeing what changes: table PID lists what the process maps, unmaps and
//! protects from now on, each time that a line is read from standard input.

use mapfiles::{IterFlag, IterOptions, Table};
use std::error::Error;
use std::io;

fn watch(pid: u32) -> Result<(), Box<dyn Error>> {
    let mut iter = IterOptions::new().flags(IterFlag::ALL).open(pid)?;
    let mut table = Table::open(&mut iter)?;
    println!("{} mappings", table.len());
    for line in io::stdin().lines() {
        line?;
        table.refresh(&mut iter)?;
        for change in table.changes()? {
            if let Some(m) = change.after.as_ref().or(change.before.as_ref()) {
                let (kind, path) = (m.kind, m.path.as_deref().unwrap_or_default());
                println!("{:?} {:x}-{:x} {kind} {path:?}", change.action, m.start, m.end);
            }
        }
        println!();
    }
    Ok(())
}

fn main() {
    let word = std::env::args().nth(1);
    let pid = word.and_then(|word| word.parse().ok()).expect("usage: table PID");
    if let Err(error) = watch(pid) {
        eprintln!("table: process {pid}: {error}");
        std::process::exit(1);
    }
}
