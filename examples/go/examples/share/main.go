// SPDX-License-Identifier: LGPL-2.1-or-later

// Minimal example of telling what processes share, anonymous memory too: share PID...
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sort"
	"strconv"

	"mapfiles"
)

// printObject prints its name and who maps it.
func printObject(o mapfiles.Object) error {
	users, err := o.Users()
	if err != nil {
		return err
	}
	seen := map[int]bool{}
	var pids []int
	for _, user := range users {
		if !seen[user.PID] {
			pids = append(pids, user.PID)
		}
		seen[user.PID] = true
	}
	sort.Ints(pids)
	name := o.Path
	if name == "" {
		name = o.Kind.String()
	}
	fmt.Print(name)
	for _, pid := range pids {
		fmt.Print(" ", pid)
	}
	fmt.Println()
	return nil
}

func share(pids []int) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	objects, err := mapfiles.Scan(ctx, pids, nil)
	if err != nil {
		return err
	}
	defer objects.Close()
	all, err := objects.All()
	for _, o := range all {
		if err == nil && o.NProcesses > 1 {
			err = printObject(o)
		}
	}
	if err != nil {
		return err
	}
	processes, err := objects.Processes()
	for _, p := range processes {
		if p.Err != nil {
			err = fmt.Errorf("process %d: %w", p.PID, p.Err)
		}
	}
	return err
}

func main() {
	var pids []int
	for _, word := range os.Args[1:] {
		pid, err := strconv.Atoi(word)
		if err != nil {
			fmt.Fprintln(os.Stderr, "usage: share PID...")
			os.Exit(2)
		}
		pids = append(pids, pid)
	}
	if err := share(pids); err != nil {
		fmt.Fprintf(os.Stderr, "share: %v\n", err)
		os.Exit(1)
	}
}
