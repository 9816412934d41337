// SPDX-License-Identifier: LGPL-2.1-or-later

// Minimal example of listing what ELF files a process, or a core, has loaded:
// modules PID|--core FILE
//
// Prints for each: load bias, build id and name; "-" stands for what is not known.
package main

import (
	"fmt"
	"os"
	"strconv"

	"mapfiles"
)

func open(words []string) (*mapfiles.Iter, error) {
	if words[0] != "--core" {
		pid, err := strconv.Atoi(words[0])
		if err != nil {
			return nil, err
		}
		return mapfiles.Open(pid, nil)
	}
	core, err := os.Open(words[1])
	if err != nil {
		return nil, err
	}
	defer core.Close()
	return mapfiles.OpenCore(core, nil)
}

func printModules(words []string) error {
	it, err := open(words)
	if err != nil {
		return err
	}
	defer it.Close()
	modules, err := mapfiles.NewModules(it, 0)
	if err != nil {
		return err
	}
	defer modules.Close()
	all, err := modules.All()
	for _, m := range all {
		bias, buildID, path := "-", "-", "-"
		if m.Has&mapfiles.HasBias != 0 {
			bias = fmt.Sprintf("%#x", m.Bias)
		}
		if m.BuildID != nil {
			buildID = fmt.Sprintf("%x", m.BuildID)
		}
		if m.Path != "" {
			path = m.Path
		}
		fmt.Println(bias, buildID, path)
	}
	return err
}

func main() {
	words := os.Args[1:]
	if len(words) == 0 || len(words) > 2 || (len(words) == 2) != (words[0] == "--core") {
		fmt.Fprintln(os.Stderr, "usage: modules PID|--core FILE")
		os.Exit(2)
	}
	if err := printModules(words); err != nil {
		fmt.Fprintf(os.Stderr, "modules: %s: %v\n", words[len(words)-1], err)
		os.Exit(1)
	}
}
