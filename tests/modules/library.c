/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library with all that one has: code, constants, data, .bss of many pages. */
int module_function(int i);

static const int constants[2000] = { 1, 2, 3 };
static int data[3000] = { 4, 5, 6 };
static int bss[100000];

int module_function(int i)
{
	return constants[i] + data[i]++ + bss[i]++;
}
