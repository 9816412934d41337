// SPDX-License-Identifier: LGPL-2.1-or-later
//! Minimal example of listing a process through a pidfd, as a supervisor holds it: the number may
//! be given to another process one day, the pidfd never. pidfd PID

use mapfiles::IterOptions;
use std::error::Error;
use std::io;
use std::os::raw::{c_int, c_long};
use std::os::unix::io::{FromRawFd, OwnedFd};

extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
}

const SYS_PIDFD_OPEN: c_long = 434; // but on Alpha

fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: the descriptor is new.
    unsafe {
        let fd = syscall(SYS_PIDFD_OPEN, pid as c_int, 0 as c_int);
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(OwnedFd::from_raw_fd(fd as c_int))
    }
}

fn count(pid: u32) -> Result<usize, Box<dyn Error>> {
    let mut n = 0;
    for mapping in IterOptions::new().open_pidfd(pidfd_open(pid)?)? {
        mapping?;
        n += 1;
    }
    Ok(n)
}

fn main() {
    let word = std::env::args().nth(1);
    let pid = word.and_then(|word| word.parse().ok()).expect("usage: pidfd PID");
    match count(pid) {
        Ok(n) => println!("{n} mappings of files"),
        Err(error) => {
            eprintln!("pidfd: process {pid}: {error}");
            std::process::exit(1);
        }
    }
}
