// SPDX-License-Identifier: LGPL-2.1-or-later
//! Minimal example of mapping here what another process maps: remap PID ADDRESS prints the first
//! bytes of that memory, read where it is mapped now, or why it cannot be mapped.

use mapfiles::{Iter, RemapFlag};
use std::error::Error;

fn remap(pid: u32, addr: u64) -> Result<bool, Box<dyn Error>> {
    let mut iter = Iter::open(pid)?;
    let m = match iter.find_address(addr)? {
        Some(m) => m,
        None => {
            println!("nothing is mapped there");
            return Ok(false);
        }
    };
    let memory = match iter.remap(&m, RemapFlag::default(), None) {
        Ok(memory) => memory,
        Err(error) => {
            eprintln!(
                "remap: process {pid}: {}",
                iter.remap_made().map_or(error.to_string(), |made| made.refusal.to_string())
            );
            return Ok(false);
        }
    };
    let mut bytes = [0; 16];
    let n = bytes.len().min((m.end - addr) as usize);
    memory.read_at((addr - m.start) as usize, &mut bytes[..n])?;
    bytes[..n].iter().for_each(|byte| print!("{byte:02x}"));
    println!();
    Ok(true)
}

fn main() {
    let words: Vec<_> = std::env::args().collect();
    let pid = words.get(1).and_then(|word| word.parse().ok());
    let addr = words.get(2).and_then(|word| u64::from_str_radix(word, 16).ok());
    let (pid, addr) = pid.zip(addr).expect("usage: remap PID ADDRESS");
    match remap(pid, addr) {
        Ok(true) => (),
        Ok(false) => std::process::exit(1),
        Err(error) => {
            eprintln!("remap: process {pid}: {error}");
            std::process::exit(1);
        }
    }
}
