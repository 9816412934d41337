// SPDX-License-Identifier: LGPL-2.1-or-later

// Minimal example of opening the file behind each executable mapping: open PID
package main

import (
	"fmt"
	"os"
	"strconv"

	"mapfiles"
)

func size(it *mapfiles.Iter, m mapfiles.Mapping) (int64, error) {
	file, err := it.OpenFile(m, 0) // the very file that is mapped, also when its name is gone
	if err != nil {
		return 0, err
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

func openAll(pid int) error {
	it, err := mapfiles.Open(pid, &mapfiles.Options{Prot: mapfiles.ProtExec})
	if err != nil {
		return err
	}
	defer it.Close()
	for it.Next() {
		m := it.Mapping()
		if n, err := size(it, m); err != nil {
			fmt.Printf("%s: %v\n", m.Path, err)
		} else {
			fmt.Printf("%s: %d bytes\n", m.Path, n)
		}
	}
	return it.Err()
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: open PID")
		os.Exit(2)
	}
	pid, err := strconv.Atoi(os.Args[1])
	if err == nil {
		err = openAll(pid)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "open: process %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
