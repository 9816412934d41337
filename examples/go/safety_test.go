// SPDX-License-Identifier: LGPL-2.1-or-later

package mapfiles_test

// What no program may do to the library by Go alone: use what is closed, close twice, leak, or
// hand in numbers that are cut to size.

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sort"
	"strings"
	"sync"
	"syscall"
	"testing"

	"mapfiles"
)

func nFDs(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	isErr(t, err, nil)
	return len(names)
}

func TestClosingTwiceIsFineAndWhatIsClosedSaysSo(t *testing.T) {
	it := open(t, 0, nil)
	it.Next()
	m := it.Mapping()
	table, _ := mapfiles.NewTable(it)
	modules, _ := mapfiles.NewModules(it, 0)
	scan, _ := mapfiles.Scan(context.Background(), []int{os.Getpid()}, nil)
	list, _ := modules.All()
	objects, _ := scan.All()
	for _, closer := range []interface{ Close() error }{table, modules, scan, it} {
		isErr(t, closer.Close(), nil)
		isErr(t, closer.Close(), nil)
	}
	equal(t, it.Next(), false)
	isErr(t, it.Err(), os.ErrClosed)
	equal(t, []any{it.Source(), table.Len()}, []any{mapfiles.Source(mapfiles.SourceAuto), 0})
	equal(t, it.Mapping(), m)
	for i, use := range []func() error{
		it.Rewind,
		func() error { _, _, err := it.Find(1); return err },
		func() error { _, err := it.Report(); return err },
		func() error { _, err := it.OpenFile(m, 0); return err },
		func() error { _, err := it.OpenInfo(); return err },
		func() error { _, err := it.Read(1, nil); return err },
		func() error { _, err := it.Remap(m, 0, 0); return err },
		func() error { _, err := it.RemapPlan(m, 0); return err },
		func() error { _, err := mapfiles.NewTable(it); return err },
		func() error { _, err := mapfiles.NewModules(it, 0); return err },
		func() error { _, _, err := table.At(0); return err },
		func() error { _, err := table.Find(1); return err },
		func() error { _, err := table.FindObject(m, 0); return err },
		func() error { return table.Refresh(it) },
		func() error { _, err := table.Changes(); return err },
		func() error { _, err := modules.All(); return err },
		func() error { _, _, err := modules.Find(1); return err },
		func() error { _, err := list[0].OpenFile(0); return err },
		func() error { _, err := scan.All(); return err },
		func() error { _, _, err := scan.Find(os.Stdin); return err },
		func() error { _, err := scan.Processes(); return err },
		func() error { _, err := objects[0].Users(); return err },
	} {
		if err := use(); !errors.Is(err, os.ErrClosed) {
			t.Error(i, err)
		}
	}
	var module mapfiles.Module
	var object mapfiles.Object
	_, err := module.OpenFile(0)
	isErr(t, err, os.ErrInvalid)
	_, err = object.Users()
	isErr(t, err, os.ErrInvalid)
}

func TestAModuleNeedsItsIterator(t *testing.T) {
	it := open(t, 0, nil)
	modules, _ := mapfiles.NewModules(it, 0)
	defer modules.Close()
	list, _ := modules.All()
	it.Close()
	_, err := list[0].OpenFile(0)
	isErr(t, err, os.ErrClosed)
}

func TestNothingIsLeft(t *testing.T) {
	p := sleeper(t)
	n := len(rawFiles(t, p.pid))
	before := nFDs(t)
	for i := 0; i < 2000; i++ {
		it, err := mapfiles.Open(p.pid, nil)
		isErr(t, err, nil)
		equal(t, len(lines(t, it)), n)
		it.Close()
	}
	it := open(t, p.pid, nil)
	it.Next()
	m := it.Mapping()
	for i := 0; i < 10000; i++ {
		f, err := it.OpenFile(m, 0)
		isErr(t, err, nil)
		f.Close()
	}
	it.Close()
	for i := 0; i < 100; i++ {
		_, err := mapfiles.Open(-1, nil)
		isErr(t, err, syscall.EINVAL)
	}
	equal(t, nFDs(t), before)
}

func TestWhatIsForgottenIsClosed(t *testing.T) {
	before := nFDs(t)
	for i := 0; i < 100; i++ {
		it, err := mapfiles.Open(0, nil)
		isErr(t, err, nil)
		it.Next()
		mapfiles.NewTable(it)
		mapfiles.NewModules(it, 0)
		mapfiles.Scan(context.Background(), []int{os.Getpid()}, nil)
		it.Remap(it.Mapping(), 0, 0)
		if i%2 == 0 {
			it.Close() // and not once more by the finalizer
		}
	}
	waitUntil(func() bool { runtime.GC(); return nFDs(t) <= before })
}

func TestAFinalizerDoesNotCloseWhatIsInUse(t *testing.T) {
	for i := 0; i < 200; i++ {
		it, err := mapfiles.Open(0, nil)
		isErr(t, err, nil)
		done := make(chan bool)
		go func() { runtime.GC(); close(done) }()
		_, _, err = it.Find(1) // the last use of it
		isErr(t, err, nil)
		<-done
	}
}

func TestIteratorsAreIndependentAndGoFromOneGoroutineToAnother(t *testing.T) {
	p := sleeper(t)
	want := rawFiles(t, p.pid)
	var wg sync.WaitGroup
	for i := 0; i < 8; i++ {
		it := open(t, p.pid, nil)
		it.Next()
		wg.Add(1)
		go func() {
			defer wg.Done()
			n := 1
			for it.Next() {
				n++
			}
			if n != len(want) || it.Err() != nil {
				t.Error(n, it.Err())
			}
			for i := 0; i < 50; i++ {
				it, _ := mapfiles.Open(p.pid, nil)
				if got := lines(t, it); len(got) != len(want) {
					t.Error(len(got))
				}
				it.Close()
			}
		}()
	}
	wg.Wait()
}

func TestOneIteratorInManyGoroutines(t *testing.T) {
	it := open(t, 0, nil)
	it.Next()
	m := it.Mapping()
	table, _ := mapfiles.NewTable(it)
	var wg sync.WaitGroup
	for i := 0; i < 8; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			for j := 0; j < 200; j++ {
				it.Next()
				_ = it.Mapping().Path
				it.Find(m.Start)
				table.Find(m.Start)
				if f, err := it.OpenFile(m, 0); err == nil {
					f.Close()
				}
				if j%20 == 0 {
					it.Rewind()
					table.Refresh(it)
					table.Changes()
				}
				if i == 0 && j == 150 {
					it.Close()
					table.Close()
				}
			}
		}(i)
	}
	wg.Wait()
}

func TestRefusals(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	isErr(t, syscall.Mkfifo(fifo, 0o600), nil)
	fifoFile, err := os.OpenFile(fifo, os.O_RDWR, 0)
	isErr(t, err, nil)
	defer fifoFile.Close()
	fifoFD, err := syscall.Open(fifo, syscall.O_RDWR, 0)
	isErr(t, err, nil)
	defer syscall.Close(fifoFD)
	closed, _ := os.Open(os.DevNull)
	closed.Close()
	var open = mapfiles.Open
	for i, c := range []struct {
		open func() (*mapfiles.Iter, error)
		want error
	}{
		{func() (*mapfiles.Iter, error) { return open(deadPid(t), nil) }, syscall.ESRCH},
		{func() (*mapfiles.Iter, error) { return open(-1, nil) }, syscall.EINVAL},
		{func() (*mapfiles.Iter, error) { return open(1<<32+os.Getpid(), nil) }, syscall.EINVAL},
		{func() (*mapfiles.Iter, error) { return open(0, &mapfiles.Options{Flags: 0x40000000}) }, syscall.EINVAL},
		{func() (*mapfiles.Iter, error) { return open(0, &mapfiles.Options{Flags: mapfiles.IterOpenFDs}) }, syscall.EINVAL},
		{func() (*mapfiles.Iter, error) { return open(0, &mapfiles.Options{Source: 99}) }, syscall.EINVAL},
		{func() (*mapfiles.Iter, error) { return open(0, &mapfiles.Options{From: 2, To: 1}) }, syscall.EINVAL},
		{func() (*mapfiles.Iter, error) { return open(0, &mapfiles.Options{ProcRoot: "/nonexistent"}) }, fs.ErrNotExist},
		{func() (*mapfiles.Iter, error) { return open(0, &mapfiles.Options{ProcRoot: "/proc\x00"}) }, syscall.EINVAL},
		{func() (*mapfiles.Iter, error) { return open(0, &mapfiles.Options{ProcRoot: fifo}) }, syscall.ENOTDIR},
		{func() (*mapfiles.Iter, error) { return mapfiles.OpenPidfd(fifoFD, nil) }, syscall.EBADF},
		{func() (*mapfiles.Iter, error) { return mapfiles.OpenPidfd(-1, nil) }, syscall.EBADF},
		{func() (*mapfiles.Iter, error) { return mapfiles.OpenPidfd(1<<32, nil) }, syscall.EINVAL},
		{func() (*mapfiles.Iter, error) { return mapfiles.OpenCore(fifoFile, nil) }, syscall.EINVAL},
		{func() (*mapfiles.Iter, error) { return mapfiles.OpenCore(closed, nil) }, os.ErrClosed},
	} {
		if it, err := c.open(); it != nil || !errors.Is(err, c.want) {
			t.Error(i, it, err)
		}
	}
	for _, pids := range [][]int{nil, {0}, {1 << 32}} {
		_, err := mapfiles.Scan(context.Background(), pids, nil)
		isErr(t, err, syscall.EINVAL)
	}
}

func TestErrorsAreThoseOfTheSystemInWordsOfTheLibrary(t *testing.T) {
	_, err := mapfiles.Open(deadPid(t), nil)
	equal(t, err.Error(), "mf_iter_open: no such process, or it exited meanwhile")
	isErr(t, &mapfiles.Error{Errno: syscall.EACCES}, fs.ErrPermission)
	isErr(t, &mapfiles.Error{Errno: syscall.EPERM}, fs.ErrPermission)
	// One that the library gives no meaning of its own.
	exdev := &mapfiles.Error{Op: "mf_next", Errno: syscall.EXDEV}
	equal(t, exdev.Error(), "mf_next: "+syscall.EXDEV.Error())
}

func TestAMappingOfOnesOwnMakingOpensNothingWrong(t *testing.T) {
	it := open(t, 0, nil)
	it.Next()
	m := it.Mapping()
	for _, change := range []func(*mapfiles.Mapping){
		func(m *mapfiles.Mapping) { m.Start, m.End = 0x10, 0x20 },
		func(m *mapfiles.Mapping) { m.Start, m.End = 0, 1<<64-1 },
		func(m *mapfiles.Mapping) { m.Inode++ },
		func(m *mapfiles.Mapping) { *m = mapfiles.Mapping{NameLen: -1, Has: 1<<32 - 1} },
	} {
		wrong := m
		change(&wrong)
		_ = wrong.Name()
		if f, err := it.OpenFile(wrong, 0); err == nil {
			t.Error(f.Name())
		}
	}
}

// Values are the compiler's work: cgo takes them, and the layout of the structs, from the header.
func TestEachConstantAndFunctionOfTheHeaderIsThere(t *testing.T) {
	directory, err := exec.Command("pkg-config", "--variable=includedir", "libmapfiles").Output()
	isErr(t, err, nil)
	header, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(directory)), "mapfiles.h"))
	isErr(t, err, nil)
	var code strings.Builder
	sources, _ := filepath.Glob("*.go")
	for _, name := range sources {
		text, err := os.ReadFile(name)
		isErr(t, err, nil)
		if !strings.HasSuffix(name, "_test.go") {
			code.Write(text)
		}
	}
	used := map[string]bool{}
	for _, found := range regexp.MustCompile(`\bC\.(MF_\w+|mf_\w+)`).FindAllStringSubmatch(code.String(), -1) {
		used[found[1]] = true
	}
	// For handlers of signals that interrupt C, where no Go can run.
	used["mf_iter_open_in"] = true
	var missing []string
	names := regexp.MustCompile(`(?m)^#define\s+(MF_\w+)\s+\w+|^MF_API[^;(]*?(mf_\w+)\(`).FindAllStringSubmatch(string(header), -1)
	for _, found := range names {
		name := found[1] + found[2]
		if !used[name] && name != "MF_API" && !strings.HasPrefix(name, "MF_VERSION_") {
			missing = append(missing, name)
		}
	}
	sort.Strings(missing)
	equal(t, len(names) > 150, true)
	equal(t, missing, []string(nil))
}
