// SPDX-License-Identifier: LGPL-2.1-or-later
//! The constants, structs and functions are those of the installed header.

use crate::{constants::*, ffi, mapping::Mapping, Has};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

fn pkg_config(option: &str) -> String {
    let output = Command::new("pkg-config").args([option, "libmapfiles"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn header() -> String {
    fs::read_to_string(pkg_config("--variable=includedir") + "/mapfiles.h").unwrap()
}

fn constants() -> BTreeMap<&'static str, u32> {
    let families = [
        Access::NAMES,
        BuildIdFrom::NAMES,
        ChangeAction::NAMES,
        Differs::NAMES,
        Has::NAMES,
        IterFlag::NAMES,
        Kind::NAMES,
        MappingFlag::NAMES,
        ModuleFlag::NAMES,
        ModulesFlag::NAMES,
        ObjectFlag::NAMES,
        ObjectsFlag::NAMES,
        OpenFlag::NAMES,
        ProcessFlag::NAMES,
        Prot::NAMES,
        Refusal::NAMES,
        RemapFlag::NAMES,
        ReportFlag::NAMES,
        Rung::NAMES,
        Source::NAMES,
        Sure::NAMES,
        Why::NAMES,
        &[("MF_ITER_MEMORY", ITER_MEMORY as u32)],
    ];
    families.into_iter().flatten().copied().collect()
}

#[test]
fn constants_are_those_of_the_header() {
    let text = header();
    let defined: BTreeMap<_, _> = text
        .lines()
        .filter_map(|line| line.strip_prefix("#define")?.trim().split_once(char::is_whitespace))
        .filter_map(|(name, rest)| Some((name, rest.split_whitespace().next()?)))
        .filter(|(name, _)| name.starts_with("MF_") && *name != "MF_API")
        // They are the header's own: version() tells the library's.
        .filter(|(name, _)| !name.starts_with("MF_VERSION_"))
        .map(|(name, value)| match value.strip_prefix("0x") {
            Some(hex) => (name, u32::from_str_radix(hex, 16).unwrap()),
            None => (name, value.parse().unwrap()),
        })
        .collect();
    assert!(defined.len() > 100);
    assert_eq!(constants(), defined);
}

/// What stands between "struct NAME {" and "};", without comments.
fn fields(text: &str, name: &str) -> Vec<String> {
    let body = text.split_once(&format!("\nstruct {name} {{\n")).unwrap().1;
    let body = body.split_once("\n};").unwrap().0;
    let code = body.lines().map(|line| line.split("/*").next().unwrap());
    let names = code.filter_map(|line| line.trim().strip_suffix(';'));
    names.map(|words| words.rsplit([' ', '*']).next().unwrap().to_owned()).collect()
}

#[test]
fn structs_are_those_of_the_c_compiler() {
    let text = header();
    let layout = ffi::layout();
    let structs: BTreeSet<_> =
        text.lines().filter_map(|line| line.strip_prefix("struct ")?.strip_suffix(" {")).collect();
    assert_eq!(structs, layout.iter().map(|(name, ..)| *name).collect());

    let (mut program, mut want) = (String::new(), String::new());
    for (name, size, ours) in &layout {
        let plain = |field: &str| field.trim_start_matches("r#").to_owned();
        assert_eq!(fields(&text, name), ours.iter().map(|f| plain(f.0)).collect::<Vec<_>>());
        program += &format!("printf(\"{name} %zu\\n\", sizeof(struct {name}));\n");
        want += &format!("{name} {size}\n");
        for (field, offset, size) in ours {
            let field = plain(field);
            program += &format!(
                "printf(\"{field} %zu %zu\\n\", offsetof(struct {name}, {field}), \
                 sizeof(((struct {name} *)0)->{field}));\n"
            );
            want += &format!("{field} {offset} {size}\n");
        }
    }
    let path = std::env::temp_dir().join(format!("mapfiles-layout-{}", std::process::id()));
    let source = path.with_extension("c");
    let head = "#include <mapfiles.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {\n";
    fs::write(&source, format!("{head}{program}return 0; }}\n")).unwrap();
    let compiled = Command::new("cc")
        .args(pkg_config("--cflags").split_whitespace())
        .arg("-o")
        .args([&path, &source])
        .status()
        .unwrap();
    let got = Command::new(&path).output();
    let _ = (fs::remove_file(&path), fs::remove_file(&source));
    assert!(compiled.success());
    assert_eq!(String::from_utf8(got.unwrap().stdout).unwrap(), want);
}

#[test]
fn functions_are_those_of_the_header() {
    // For handlers of signals, where not even the allocator may be called.
    let not_wrapped = BTreeSet::from(["mf_iter_open_in"]);
    let text = header();
    let name = |code: &'static str| code.split('(').next().unwrap();
    let ours: BTreeSet<_> = include_str!("ffi.rs")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub fn mf_"))
        .map(|code| format!("mf_{}", name(code)))
        .collect();
    let declared: BTreeSet<_> = text
        .lines()
        .filter(|line| line.starts_with("MF_API "))
        .map(|line| line.split('(').next().unwrap().rsplit([' ', '*']).next().unwrap())
        .filter(|name| !not_wrapped.contains(name))
        .map(str::to_owned)
        .collect();
    assert_eq!(ours, declared);
}

#[test]
fn bits_of_a_newer_library_do_not_come_back_to_it() {
    // SAFETY: zeros are a mapping.
    let mut raw: ffi::mf_mapping = unsafe { std::mem::zeroed() };
    (raw.has, raw.kind) = (u32::MAX, 4711);
    // SAFETY: it has no path.
    let m = unsafe { Mapping::copy(&raw) };
    assert_eq!((m.has, m.kind), (Has(0xff), Kind(4711)));
    assert_eq!((m.kind.to_string(), format!("{:?}", m.kind)), ("unknown".into(), "4711".into()));
    assert_eq!(m.raw().has, 0xff);
}
