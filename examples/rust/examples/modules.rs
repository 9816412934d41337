// SPDX-License-Identifier: LGPL-2.1-or-later
//! Minimal example of listing what ELF files a process, or a core, has loaded:
//! modules PID|--core FILE
//!
//! Prints for each: load bias, build id and name; "-" stands for what is not known.

use mapfiles::{Iter, IterOptions, Modules, ModulesFlag};
use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

fn print(mut iter: Iter) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for module in Modules::open(&mut iter, ModulesFlag::default())?.iter() {
        match module.bias {
            Some(bias) => write!(out, "{bias:#x} ")?,
            None => write!(out, "- ")?,
        }
        for byte in module.build_id.unwrap_or_default() {
            write!(out, "{byte:02x}")?;
        }
        write!(out, "{}", if module.build_id.is_some() { " " } else { "- " })?;
        out.write_all(module.path.map_or(b"-", |path| path.as_bytes()))?;
        writeln!(out)?;
    }
    Ok(())
}

fn open(words: &[String]) -> Result<Iter, Box<dyn Error>> {
    match words {
        [option, file] if option == "--core" => {
            Ok(IterOptions::new().open_core(File::open(file)?)?)
        }
        [pid] => Ok(Iter::open(pid.parse().expect("a PID is a number"))?),
        _ => panic!("usage: modules PID|--core FILE"),
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Err(error) = open(&words).and_then(print) {
        eprintln!("modules: {}: {error}", words[words.len() - 1]);
        std::process::exit(1);
    }
}
