// SPDX-License-Identifier: LGPL-2.1-or-later

// Minimal example of listing a process through a pidfd, as a supervisor holds it: the number may
// be given to another process one day, the pidfd never. pidfd PID
package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"mapfiles"
)

const sysPidfdOpen = 434 // but on MIPS; golang.org/x/sys/unix has PidfdOpen

func count(pid int) error {
	pidfd, _, errno := syscall.Syscall(sysPidfdOpen, uintptr(pid), 0, 0)
	if errno != 0 {
		return errno
	}
	it, err := mapfiles.OpenPidfd(int(pidfd), nil)
	syscall.Close(int(pidfd))
	if err != nil {
		return err
	}
	defer it.Close()
	n := 0
	for it.Next() {
		n++
	}
	if it.Err() == nil {
		fmt.Println(n, "mappings of files")
	}
	return it.Err()
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pidfd PID")
		os.Exit(2)
	}
	pid, err := strconv.Atoi(os.Args[1])
	if err == nil {
		err = count(pid)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "pidfd: process %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
