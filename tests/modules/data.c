/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library without code. */
extern const int module_constants[5000];
extern int module_data[3000];

const int module_constants[5000] = { 1, 2, 3 };
int module_data[3000] = { 4, 5, 6 };
