// SPDX-License-Identifier: LGPL-2.1-or-later

// Minimal example of finding what an address of a process belongs to: find PID ADDRESS
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"mapfiles"
)

var errNothing = errors.New("nothing is mapped there")

func find(pid int, addr uint64) error {
	it, err := mapfiles.Open(pid, nil)
	if err != nil {
		return err
	}
	defer it.Close()
	m, ok, err := it.Find(addr) // asks the kernel as it is now, each time
	if err != nil {
		return err
	}
	if !ok {
		return errNothing
	}
	name := m.Path
	if name == "" {
		name = m.Kind.String()
	}
	if m.Has&mapfiles.HasOffset != 0 {
		name += fmt.Sprintf(" +%#x", addr-m.Start+m.Offset)
	}
	fmt.Println(name)
	return nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: find PID ADDRESS")
		os.Exit(2)
	}
	pid, err := strconv.Atoi(os.Args[1])
	if err == nil {
		var addr uint64
		if addr, err = strconv.ParseUint(os.Args[2], 16, 64); err == nil {
			err = find(pid, addr)
		}
	}
	if errors.Is(err, errNothing) {
		fmt.Println(err)
		os.Exit(1)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "find: process %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
