// SPDX-License-Identifier: LGPL-2.1-or-later

// Minimal example of seeing what changes: table PID lists what the process maps, unmaps and
// protects from now on, each time that a line is read from standard input.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"

	"mapfiles"
)

func printChanges(table *mapfiles.Table) error {
	changes, err := table.Changes()
	for _, change := range changes {
		m := change.After
		if m == nil {
			m = change.Before
		}
		what := map[mapfiles.ChangeAction]string{
			mapfiles.ChangeAdded: "added", mapfiles.ChangeRemoved: "removed",
			mapfiles.ChangeModified: "modified",
		}[change.Action]
		fmt.Printf("%s %x-%x %v %s\n", what, m.Start, m.End, m.Kind, m.Path)
	}
	fmt.Println()
	return err
}

func watch(pid int) error {
	it, err := mapfiles.Open(pid, &mapfiles.Options{Flags: mapfiles.IterAll})
	if err != nil {
		return err
	}
	defer it.Close()
	table, err := mapfiles.NewTable(it)
	if err != nil {
		return err
	}
	defer table.Close()
	fmt.Println(table.Len(), "mappings")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan() && err == nil; {
		if err = table.Refresh(it); err == nil {
			err = printChanges(table)
		}
	}
	return err
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: table PID")
		os.Exit(2)
	}
	pid, err := strconv.Atoi(os.Args[1])
	if err == nil {
		err = watch(pid)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "table: process %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
