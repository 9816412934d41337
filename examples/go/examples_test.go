// SPDX-License-Identifier: LGPL-2.1-or-later

package mapfiles_test

// What the examples print, against /proc.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

var exampleNames = []string{"list", "find", "open", "pidfd", "share", "modules", "table", "remap", "why"}

func buildExamples(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.Command("go", "build", "-o", dir+"/", "./examples/...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

func TestExamples(t *testing.T) {
	dir := buildExamples(t)
	run := func(t *testing.T, name string, words ...any) string {
		t.Helper()
		out, err := exec.Command(filepath.Join(dir, name), strings.Fields(fmt.Sprintln(words...))...).Output()
		if err != nil {
			t.Fatal(name, err)
		}
		return string(out)
	}
	path := file(t, "not utf-8 \xff")
	p := mapping(t, path)
	s := sleeper(t)

	t.Run("list", func(t *testing.T) {
		want := ""
		for _, l := range rawFiles(t, p.pid) {
			want += fmt.Sprintf("%x-%x file %s\n", l.start, l.end, l.path)
		}
		equal(t, run(t, "list", p.pid), want)
	})
	t.Run("find", func(t *testing.T) {
		equal(t, run(t, "find", p.pid, fmt.Sprintf("%x", p.addrs[0]+5)), path+" +0x5\n")
	})
	t.Run("open", func(t *testing.T) {
		want := ""
		for _, l := range rawFiles(t, s.pid) {
			if st, err := os.Stat(l.path); err == nil && strings.Contains(l.prot, "x") {
				want += fmt.Sprintf("%s: %d bytes\n", l.path, st.Size())
			}
		}
		equal(t, run(t, "open", s.pid), want)
	})
	t.Run("pidfd", func(t *testing.T) {
		equal(t, run(t, "pidfd", p.pid), fmt.Sprintf("%d mappings of files\n", len(rawFiles(t, p.pid))))
	})
	t.Run("share", func(t *testing.T) {
		pids := []int{s.pid, sleeper(t).pid}
		sort.Ints(pids)
		want := map[string]bool{}
		for _, l := range rawFiles(t, s.pid) {
			want[fmt.Sprintf("%s %d %d", l.path, pids[0], pids[1])] = true
		}
		got := map[string]bool{}
		for _, l := range strings.Split(strings.TrimSpace(run(t, "share", pids[0], pids[1])), "\n") {
			got[l] = true
		}
		equal(t, got, want)
	})
	t.Run("modules", func(t *testing.T) {
		out := run(t, "modules", s.pid)
		for _, l := range rawFiles(t, s.pid) {
			if strings.Contains(l.prot, "x") && !strings.Contains(out, " "+l.path+"\n") {
				t.Error(l.path, " is not in ", out)
			}
		}
	})
	t.Run("table", func(t *testing.T) {
		equal(t, run(t, "table", s.pid), fmt.Sprintf("%d mappings\n", len(rawMaps(t, s.pid))))
	})
	t.Run("remap", func(t *testing.T) {
		equal(t, run(t, "remap", p.pid, fmt.Sprintf("%x", p.addrs[0])), fmt.Sprintf("%x\n", "0123456789abcdef"))
	})
	t.Run("why", func(t *testing.T) {
		equal(t, strings.Count(run(t, "why", s.pid), "\n"), 4)
	})
	t.Run("dead", func(t *testing.T) {
		pid := fmt.Sprint(deadPid(t))
		for _, name := range exampleNames {
			cmd := exec.Command(filepath.Join(dir, name), pid)
			if name == "find" || name == "remap" {
				cmd.Args = append(cmd.Args, "10")
			}
			out, _ := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != 1 || !strings.HasPrefix(string(out), name+": ") ||
				!strings.Contains(string(out), "no such process") {
				t.Errorf("%s: %s", name, out)
			}
		}
	})
}
