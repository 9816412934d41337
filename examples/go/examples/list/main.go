// SPDX-License-Identifier: LGPL-2.1-or-later

// Minimal example of listing the files that a process has mapped: list [PID]
package main

import (
	"fmt"
	"os"
	"strconv"

	"mapfiles"
)

func list(pid int) error {
	it, err := mapfiles.Open(pid, nil)
	if err != nil {
		return err
	}
	defer it.Close()
	for it.Next() {
		m := it.Mapping()
		path := m.Path
		if path == "" {
			path = "-"
		}
		fmt.Printf("%x-%x %v %s\n", m.Start, m.End, m.Kind, path)
	}
	return it.Err() // only nil means that the list is complete
}

func main() {
	pid := 0 // this process itself
	if len(os.Args) > 1 {
		var err error
		if pid, err = strconv.Atoi(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, "usage: list [PID]")
			os.Exit(2)
		}
	}
	if err := list(pid); err != nil {
		fmt.Fprintf(os.Stderr, "list: process %d: %v\n", pid, err)
		os.Exit(1)
	}
}
