// SPDX-License-Identifier: LGPL-2.1-or-later
//! Finds the installed libmapfiles by pkg-config.

use std::process::Command;

fn pkg_config(option: &str) -> String {
    let output = Command::new("pkg-config")
        .args([option, "libmapfiles"])
        .output()
        .expect("pkg-config is needed to find libmapfiles");
    if !output.status.success() {
        panic!(
            "libmapfiles is not installed where pkg-config looks; set PKG_CONFIG_PATH to its \
             lib/.../pkgconfig\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8(output.stdout).expect("a path that is not UTF-8").trim().to_owned()
}

fn main() {
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
    println!("cargo:rerun-if-changed={}/libmapfiles.pc", pkg_config("--variable=pcfiledir"));
    println!("cargo:rerun-if-changed=build.rs");
    for word in pkg_config("--libs").split_whitespace() {
        match word.split_at(2) {
            ("-L", directory) => println!("cargo:rustc-link-search=native={directory}"),
            ("-l", library) => println!("cargo:rustc-link-lib=dylib={library}"),
            _ => panic!("pkg-config: {word} is not understood"),
        }
    }
}
