// SPDX-License-Identifier: LGPL-2.1-or-later
//! `<mapfiles.h>` as it is. Structs of the library's may be longer than here, so they are only
//! looked at through pointers, field by field.
#![allow(non_camel_case_types)]

use std::os::raw::{c_char, c_int, c_void};

macro_rules! opaque {
    ($($name:ident)*) => {$(
        #[repr(C)]
        pub struct $name {
            _private: [u8; 0],
        }
    )*};
}

/// A struct, and for the test what this compiler makes of it.
macro_rules! c_struct {
    ($($name:ident { $($field:ident: $type:ty,)* })*) => {
        $(#[repr(C)]
        #[derive(Clone, Copy)]
        pub struct $name {
            $(pub $field: $type,)*
        })*

        #[cfg(test)]
        pub fn layout() -> Vec<(&'static str, usize, Vec<(&'static str, usize, usize)>)> {
            vec![$({
                let whole = std::mem::MaybeUninit::<$name>::uninit();
                let base = whole.as_ptr();
                let fields = vec![$({
                    // SAFETY: an address inside of whole is made, nothing is read.
                    let field = unsafe { std::ptr::addr_of!((*base).$field) };
                    (stringify!($field), field as usize - base as usize,
                     std::mem::size_of::<$type>())
                }),*];
                (stringify!($name), std::mem::size_of::<$name>(), fields)
            }),*]
        }
    };
}

opaque! { mf_iter mf_objects mf_table mf_modules }

pub type mf_progress_fn = Option<unsafe extern "C" fn(*mut c_void, u64, u64) -> c_int>;

c_struct! {
    mf_iter_opts {
        size: u32,
        flags: u32,
        source: u32,
        prot: u32,
        from: u64,
        to: u64,
        proc_root: *const c_char,
        reserved: u64,
    }
    mf_mapping {
        start: u64,
        end: u64,
        offset: u64,
        inode: u64,
        dev_major: u32,
        dev_minor: u32,
        prot: u32,
        kind: u32,
        flags: u32,
        has: u32,
        fd: i32,
        path_len: u32,
        path: *const c_char,
        name_len: u32,
        open_mode: u32,
        st_mode: u32,
        st_nlink: u32,
        st_dev_major: u32,
        st_dev_minor: u32,
        st_ino: u64,
        st_size: u64,
        page_size: u64,
        fd_error: i32,
        fd_rung: u32,
        fd_sure: u32,
        reserved: u32,
    }
    mf_iter_report {
        n_mappings: u64,
        n_clamped: u64,
        n_partial: u64,
        n_vanished: u64,
        n_retries: u64,
        source: u32,
        flags: u32,
    }
    mf_range {
        start: u64,
        end: u64,
    }
    mf_open_info {
        rung: u32,
        sure: u32,
        n_retries: u64,
        n_holes: u64,
        holes: *const mf_range,
    }
    mf_objects_opts {
        size: u32,
        flags: u32,
        proc_root: *const c_char,
        progress: mf_progress_fn,
        progress_data: *mut c_void,
    }
    mf_object {
        kind: u32,
        flags: u32,
        has: u32,
        seals: u32,
        inode: u64,
        dev_major: u32,
        dev_minor: u32,
        st_ino: u64,
        st_size: u64,
        st_dev_major: u32,
        st_dev_minor: u32,
        st_mode: u32,
        st_nlink: u32,
        path: *const c_char,
        path_len: u32,
        name_len: u32,
        n_users: u64,
        n_processes: u64,
        fd: i32,
        reserved: u32,
    }
    mf_object_user {
        pid: i32,
        prot: u32,
        flags: u32,
        path_len: u32,
        start: u64,
        end: u64,
        offset: u64,
        path: *const c_char,
    }
    mf_objects_process {
        pid: i32,
        error: i32,
        flags: u32,
        reserved: u32,
        n_retries: u64,
        n_users: u64,
        n_vanished: u64,
    }
    mf_remap_opts {
        size: u32,
        flags: u32,
        addr: u64,
    }
    mf_remap_plan {
        offset: u64,
        length: u64,
        object_size: u64,
        page_size: u64,
        prot: u32,
        flags: u32,
        open_mode: u32,
        rung: u32,
        sure: u32,
        refusal: u32,
        error: i32,
        reserved: u32,
    }
    mf_change {
        action: u32,
        differs: u32,
        before: *const mf_mapping,
        after: *const mf_mapping,
    }
    mf_segment {
        start: u64,
        end: u64,
        offset: u64,
        prot: u32,
        flags: u32,
        has: u32,
        kind: u32,
    }
    mf_module {
        start: u64,
        end: u64,
        bias: u64,
        elf_offset: u64,
        inode: u64,
        dev_major: u32,
        dev_minor: u32,
        has: u32,
        kind: u32,
        flags: u32,
        elf_class: u32,
        elf_data: u32,
        elf_type: u32,
        elf_machine: u32,
        build_id_from: u32,
        build_id_len: u32,
        reserved: u32,
        build_id: *const u8,
        path: *const c_char,
        path_len: u32,
        name_len: u32,
        n_segments: u64,
    }
    mf_explain_opts {
        size: u32,
        flags: u32,
        proc_root: *const c_char,
    }
}

extern "C" {
    pub fn mf_version() -> u32;
    pub fn mf_strerror(error: c_int) -> *const c_char;
    pub fn mf_kind_name(kind: u32) -> *const c_char;
    pub fn mf_source_name(source: u32) -> *const c_char;
    pub fn mf_rung_name(rung: u32) -> *const c_char;
    pub fn mf_sure_name(sure: u32) -> *const c_char;
    pub fn mf_refusal_text(refusal: u32) -> *const c_char;
    pub fn mf_why_text(why: u32) -> *const c_char;
    pub fn mf_explain(pid: c_int, access: u32, opts: *const mf_explain_opts) -> c_int;

    pub fn mf_iter_open(pid: c_int, opts: *const mf_iter_opts, ret: *mut *mut mf_iter) -> c_int;
    pub fn mf_iter_open_pidfd(
        pidfd: c_int,
        opts: *const mf_iter_opts,
        ret: *mut *mut mf_iter,
    ) -> c_int;
    pub fn mf_iter_open_core(
        core_fd: c_int,
        opts: *const mf_iter_opts,
        ret: *mut *mut mf_iter,
    ) -> c_int;
    pub fn mf_iter_pid(iter: *const mf_iter) -> c_int;
    pub fn mf_iter_source(iter: *const mf_iter) -> c_int;
    pub fn mf_iter_report(iter: *mut mf_iter, ret: *mut *const mf_iter_report) -> c_int;
    pub fn mf_iter_rewind(iter: *mut mf_iter) -> c_int;
    pub fn mf_iter_close(iter: *mut mf_iter);
    pub fn mf_next(iter: *mut mf_iter, ret: *mut *const mf_mapping) -> c_int;
    pub fn mf_find(iter: *mut mf_iter, addr: u64, ret: *mut *const mf_mapping) -> c_int;
    pub fn mf_read(iter: *mut mf_iter, addr: u64, buf: *mut c_void, size: u64) -> i64;

    pub fn mf_open_fd(iter: *mut mf_iter, mapping: *const mf_mapping, flags: u32) -> c_int;
    pub fn mf_open_info(iter: *const mf_iter, ret: *mut *const mf_open_info) -> c_int;

    pub fn mf_remap(
        iter: *mut mf_iter,
        mapping: *const mf_mapping,
        opts: *const mf_remap_opts,
        ret_addr: *mut *mut c_void,
    ) -> c_int;
    pub fn mf_remap_plan(
        iter: *mut mf_iter,
        mapping: *const mf_mapping,
        opts: *const mf_remap_opts,
        ret: *mut *const mf_remap_plan,
    ) -> c_int;
    pub fn mf_remap_made(iter: *const mf_iter, ret: *mut *const mf_remap_plan) -> c_int;

    pub fn mf_objects_open(
        pids: *const i32,
        n_pids: u64,
        opts: *const mf_objects_opts,
        ret: *mut *mut mf_objects,
    ) -> c_int;
    pub fn mf_objects_count(objects: *const mf_objects) -> u64;
    pub fn mf_objects_get(
        objects: *const mf_objects,
        index: u64,
        ret: *mut *const mf_object,
    ) -> c_int;
    pub fn mf_objects_user(
        objects: *const mf_objects,
        object: *const mf_object,
        index: u64,
        ret: *mut *const mf_object_user,
    ) -> c_int;
    pub fn mf_objects_process(
        objects: *const mf_objects,
        index: u64,
        ret: *mut *const mf_objects_process,
    ) -> c_int;
    pub fn mf_objects_find_fd(
        objects: *const mf_objects,
        fd: c_int,
        ret: *mut *const mf_object,
    ) -> c_int;
    pub fn mf_objects_close(objects: *mut mf_objects);

    pub fn mf_table_open(iter: *mut mf_iter, flags: u32, ret: *mut *mut mf_table) -> c_int;
    pub fn mf_table_count(table: *const mf_table) -> u64;
    pub fn mf_table_get(
        table: *const mf_table,
        index: u64,
        ret: *mut mf_mapping,
        size: u32,
    ) -> c_int;
    pub fn mf_table_find(table: *const mf_table, addr: u64, ret_index: *mut u64) -> c_int;
    pub fn mf_table_find_object(
        table: *const mf_table,
        like: *const mf_mapping,
        from: u64,
        ret_index: *mut u64,
    ) -> c_int;
    pub fn mf_table_refresh(table: *mut mf_table, iter: *mut mf_iter) -> c_int;
    pub fn mf_table_next_change(table: *mut mf_table, ret: *mut *const mf_change) -> c_int;
    pub fn mf_table_close(table: *mut mf_table);

    pub fn mf_modules_open(iter: *mut mf_iter, flags: u32, ret: *mut *mut mf_modules) -> c_int;
    pub fn mf_modules_count(modules: *const mf_modules) -> u64;
    pub fn mf_modules_get(
        modules: *const mf_modules,
        index: u64,
        ret: *mut *const mf_module,
    ) -> c_int;
    pub fn mf_modules_find(
        modules: *const mf_modules,
        addr: u64,
        ret: *mut *const mf_module,
    ) -> c_int;
    pub fn mf_modules_segment(
        modules: *const mf_modules,
        module: *const mf_module,
        index: u64,
        ret: *mut *const mf_segment,
    ) -> c_int;
    pub fn mf_module_open_fd(iter: *mut mf_iter, module: *const mf_module, flags: u32) -> c_int;
    pub fn mf_modules_close(modules: *mut mf_modules);
}

extern "C" {
    pub fn munmap(addr: *mut c_void, length: usize) -> c_int;
}
