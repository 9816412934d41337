// SPDX-License-Identifier: LGPL-2.1-or-later
//! Minimal example of saying why something is refused: why PID

use mapfiles::{explain, Access};

fn main() {
    let word = std::env::args().nth(1);
    let pid = word.and_then(|word| word.parse().ok()).expect("usage: why PID");
    for access in [Access::DETAILS, Access::LIST, Access::FOLLOW, Access::MEMORY] {
        match explain(pid, access, None) {
            Ok(why) => println!("{access:?}: {why}"),
            Err(error) => {
                eprintln!("why: process {pid}: {error}");
                std::process::exit(1);
            }
        }
    }
}
