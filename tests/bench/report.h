/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was found, for people, for programs and as a picture.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "results.h"

/** To standard output, as soon as it was measured. */
void report_contest(const struct contest *contest);
void report_figures(const struct results *results, const char *task, const char *title);
/** Ratios by workload, the goals, and how many hold. */
void report_summary(const struct results *results);

/** To that file. */
void report_json(const struct results *results, const char *path);
void report_svg(const struct results *results, const char *path);

/** The kernel, the processor and the number of them, in one line. */
const char *machine(void);

#endif
