// SPDX-License-Identifier: LGPL-2.1-or-later

// Minimal example of mapping here what another process maps: remap PID ADDRESS prints the first
// bytes of that memory, read where it is mapped now, or why it cannot be mapped.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"mapfiles"
)

var errNothing = errors.New("nothing is mapped there")

func remap(pid int, addr uint64) error {
	it, err := mapfiles.Open(pid, nil)
	if err != nil {
		return err
	}
	defer it.Close()
	m, ok, err := it.Find(addr)
	if err != nil {
		return err
	}
	if !ok {
		return errNothing
	}
	memory, err := it.Remap(m, 0, 0)
	if err != nil {
		return err
	}
	defer memory.Close()
	buf := make([]byte, 16)
	n, err := memory.ReadAt(buf, int64(addr-m.Start))
	if err != nil && err != io.EOF {
		return err
	}
	fmt.Printf("%x\n", buf[:n])
	return nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: remap PID ADDRESS")
		os.Exit(2)
	}
	pid, err := strconv.Atoi(os.Args[1])
	if err == nil {
		var addr uint64
		if addr, err = strconv.ParseUint(os.Args[2], 16, 64); err == nil {
			err = remap(pid, addr)
		}
	}
	if errors.Is(err, errNothing) {
		fmt.Println(err)
		os.Exit(1)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "remap: process %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
