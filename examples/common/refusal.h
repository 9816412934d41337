/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why something was refused, in the library's words.
 */
#ifndef COMMON_REFUSAL_H
#define COMMON_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>

/* "EACCES" for -EACCES. */
const char *error_name(int error);
bool is_refused(int error);

/* mf_explain() below another procfs; NULL: /proc. */
int explain_access(int pid, const char *proc_root, uint32_t access);

/* One of MF_WHY_; MF_WHY_ALLOWED where no more is known than the error. */
int why_refused(int pid, const char *proc_root, uint32_t access, int error);

/* Whether more rights make the reason, one of MF_WHY_, go away. */
bool is_cured_by_root(int why);

#endif
