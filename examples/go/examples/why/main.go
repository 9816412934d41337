// SPDX-License-Identifier: LGPL-2.1-or-later

// Minimal example of saying why something is refused: why PID
package main

import (
	"fmt"
	"os"
	"strconv"

	"mapfiles"
)

func explain(pid int) error {
	for _, access := range []struct {
		mapfiles.Access
		name string
	}{
		{mapfiles.AccessDetails, "details"}, {mapfiles.AccessList, "list"},
		{mapfiles.AccessFollow, "follow"}, {mapfiles.AccessMemory, "memory"},
	} {
		why, err := mapfiles.Explain(pid, access.Access, "")
		if err != nil {
			return err
		}
		fmt.Printf("%s: %v\n", access.name, why)
	}
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: why PID")
		os.Exit(2)
	}
	pid, err := strconv.Atoi(os.Args[1])
	if err == nil {
		err = explain(pid)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "why: process %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
