// SPDX-License-Identifier: LGPL-2.1-or-later
//! The procfs crate's listing, for each line on standard input: nanoseconds, mappings, sum of
//! addresses.
use std::io::BufRead;
use std::time::Instant;

fn main() {
    let pid: i32 = std::env::args().nth(1).unwrap().parse().unwrap();
    for _ in std::io::stdin().lock().lines() {
        let began = Instant::now();
        let maps = procfs::process::Process::new(pid).unwrap().maps().unwrap();
        let took = began.elapsed().as_nanos();
        let sum = maps
            .iter()
            .fold(0u64, |sum, m| sum.wrapping_add(m.address.0).wrapping_add(m.address.1));
        println!("{} {} {}", took, maps.len(), sum);
    }
}
