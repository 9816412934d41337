// SPDX-License-Identifier: LGPL-2.1-or-later

package mapfiles_test

// What is listed, found, opened, read and mapped, against /proc.

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"mapfiles"
)

func all() *mapfiles.Options { return &mapfiles.Options{Flags: mapfiles.IterAll} }

func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %#v\nwant %#v", got, want)
	}
}

func isErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

func TestAllMappingsAreThoseOfMaps(t *testing.T) {
	p := sleeper(t)
	for _, source := range []mapfiles.Source{mapfiles.SourceAuto, mapfiles.SourceQuery, mapfiles.SourceMaps} {
		opts := all()
		opts.Source = source
		it, err := mapfiles.Open(p.pid, opts)
		if source == mapfiles.SourceQuery && errors.Is(err, syscall.EOPNOTSUPP) {
			fmt.Println("SKIP: TestAllMappingsAreThoseOfMaps: no PROCMAP_QUERY")
			continue
		}
		isErr(t, err, nil)
		equal(t, lines(t, it), rawMaps(t, p.pid))
		it.Close()
	}
}

func TestMappedFilesAreThoseOfMapFiles(t *testing.T) {
	p := sleeper(t)
	for _, flags := range []mapfiles.IterFlag{0, mapfiles.IterStream} {
		it := open(t, p.pid, &mapfiles.Options{Flags: flags})
		equal(t, lines(t, it), rawFiles(t, p.pid))
	}
}

func TestPathsAreTheVeryBytes(t *testing.T) {
	var paths []string
	for _, name := range []string{"not utf-8 \xff\x80", "new\nline", "a (deleted)", "\a\t", "gone"} {
		paths = append(paths, file(t, name))
	}
	p := mapping(t, paths...)
	os.Remove(paths[4])
	it := open(t, p.pid, nil)
	names := map[uint64]mapfiles.Mapping{}
	for it.Next() {
		names[it.Mapping().Start] = it.Mapping()
	}
	for i, path := range paths {
		equal(t, names[p.addrs[i]].Name(), path)
		equal(t, names[p.addrs[i]].Deleted(), i == 4)
	}
	equal(t, lines(t, open(t, p.pid, all())), rawMaps(t, p.pid))
}

func TestFilters(t *testing.T) {
	p := sleeper(t)
	maps := rawMaps(t, p.pid)
	middle := maps[len(maps)/2]
	list := func(opts mapfiles.Options) []line {
		opts.Flags |= mapfiles.IterAll
		return lines(t, open(t, p.pid, &opts))
	}
	equal(t, list(mapfiles.Options{From: middle.start + 1, To: middle.end}), []line{middle})
	equal(t, list(mapfiles.Options{From: middle.start, To: 1<<64 - 1}), maps[len(maps)/2:])
	var executable, shared []line
	for _, l := range maps {
		if strings.HasPrefix(l.prot, "r-x") {
			executable = append(executable, l)
		}
		if strings.HasSuffix(l.prot, "s") {
			shared = append(shared, l)
		}
	}
	equal(t, list(mapfiles.Options{Prot: mapfiles.ProtRead | mapfiles.ProtExec}), executable)
	equal(t, list(mapfiles.Options{Flags: mapfiles.IterShared}), shared)
}

func TestStatFieldsAreThoseOfStat(t *testing.T) {
	p := sleeper(t)
	for it := open(t, p.pid, &mapfiles.Options{Flags: mapfiles.IterStat}); it.Next(); {
		m := it.Mapping()
		var st syscall.Stat_t
		isErr(t, syscall.Stat(link(p.pid, m.Start, m.End), &st), nil)
		equal(t, []uint64{m.StIno, m.StSize, uint64(m.StMode), uint64(m.StNlink)},
			[]uint64{st.Ino, uint64(st.Size), uint64(st.Mode), uint64(st.Nlink)})
		if m.Has&mapfiles.HasStat == 0 {
			t.Fatal("no stat")
		}
	}
}

func TestASavedTreeIsAnotherProcRoot(t *testing.T) {
	p, dir := sleeper(t), t.TempDir()
	saved := filepath.Join(dir, fmt.Sprint(p.pid))
	isErr(t, os.Mkdir(saved, 0o700), nil)
	isErr(t, os.WriteFile(filepath.Join(saved, "maps"), read(t, "/proc/%d/maps", p.pid), 0o600), nil)
	opts := all()
	opts.ProcRoot = dir
	got := lines(t, open(t, p.pid, opts))
	equal(t, len(got), len(rawMaps(t, p.pid)))
}

func TestPidfd(t *testing.T) {
	p := sleeper(t)
	const pidfdOpen = 434
	fd, _, errno := syscall.Syscall(pidfdOpen, uintptr(p.pid), 0, 0)
	if errno != 0 {
		fmt.Println("SKIP: TestPidfd: pidfd_open:", errno)
		t.SkipNow()
	}
	it, err := mapfiles.OpenPidfd(int(fd), nil)
	syscall.Close(int(fd))
	isErr(t, err, nil)
	defer it.Close()
	equal(t, lines(t, it), rawFiles(t, p.pid))
}

func TestReportRewindAndSource(t *testing.T) {
	p := sleeper(t)
	n := len(rawFiles(t, p.pid))
	it := open(t, p.pid, &mapfiles.Options{Source: mapfiles.SourceMapFiles})
	equal(t, []any{it.Source(), it.PID()}, []any{mapfiles.SourceMapFiles, p.pid})
	equal(t, it.Next(), true)
	r, err := it.Report()
	isErr(t, err, nil)
	equal(t, r.NMappings, uint64(1))
	equal(t, r.Flags&mapfiles.ReportComplete, mapfiles.ReportFlag(0))
	equal(t, len(lines(t, it)), n-1)
	r, _ = it.Report()
	equal(t, r.Flags, mapfiles.ReportComplete|mapfiles.ReportSnapshot)
	isErr(t, it.Rewind(), nil)
	equal(t, len(lines(t, it)), n)
}

func TestFindAndRead(t *testing.T) {
	p := sleeper(t)
	it := open(t, p.pid, nil)
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", p.pid))
	isErr(t, err, nil)
	defer mem.Close()
	for _, l := range rawMaps(t, p.pid) {
		m, ok, err := it.Find(l.end - 1)
		isErr(t, err, nil)
		equal(t, ok, true)
		equal(t, shown(m), l)
		want, got := make([]byte, 100), make([]byte, 100)
		if l.start>>63 == 0 {
			if _, err := mem.ReadAt(want, int64(l.start)); err == nil {
				n, err := it.Read(l.start, got)
				isErr(t, err, nil)
				equal(t, got[:n], want)
			}
		}
	}
	_, ok, err := it.Find(0x10)
	equal(t, []any{ok, err}, []any{false, error(nil)})
	for _, buf := range [][]byte{nil, make([]byte, 4)} {
		n, err := it.Read(0x10, buf)
		equal(t, []any{n, err}, []any{0, error(nil)})
	}
}

func TestTheEndOfAProcessIsNoEndOfAList(t *testing.T) {
	p := sleeper(t)
	it := open(t, p.pid, &mapfiles.Options{Flags: mapfiles.IterStream})
	equal(t, it.Next(), true)
	p.kill()
	for it.Next() {
	}
	isErr(t, it.Err(), syscall.ESRCH)
	equal(t, it.Next(), false)
	isErr(t, it.Err(), syscall.ESRCH)
}

func TestExecInMidWalkIsStale(t *testing.T) {
	p := start(t, exec.Command("sh", "-c", "echo up; read line; exec cat"))
	p.out.ReadString('\n')
	it := open(t, p.pid, nil)
	equal(t, it.Next(), true)
	io.WriteString(p.in, "\n")
	waitUntil(func() bool { return string(read(t, "/proc/%d/comm", p.pid)) == "cat\n" })
	for it.Next() {
	}
	isErr(t, it.Err(), syscall.ESTALE)
}

// core has one file, as the kernel writes it: NT_FILE, and one segment that is left out.
func core(name string, start, end, offset uint64) []byte {
	var desc, note, all bytes.Buffer
	le := func(b *bytes.Buffer, words ...any) {
		for _, word := range words {
			binary.Write(b, binary.LittleEndian, word)
		}
	}
	le(&desc, []uint64{1, 4096, start, end, offset / 4096}, []byte(name+"\x00"))
	le(&note, []uint32{5, uint32(desc.Len()), 0x46494c45}, []byte("CORE\x00\x00\x00\x00"), desc.Bytes())
	le(&note, make([]byte, -note.Len()&3))
	at, n := uint64(64+2*56), uint64(note.Len())
	le(&all, []byte("\x7fELF\x02\x01\x01"), make([]byte, 9), []uint16{4, 62}, uint32(1),
		[]uint64{0, 64, 0}, uint32(0), []uint16{64, 56, 2, 0, 0, 0},
		[]uint32{4, 0}, []uint64{at, 0, 0, n, 0, 4},
		[]uint32{1, 5}, []uint64{at + n, start, 0, 0, end - start, 1}, note.Bytes())
	return all.Bytes()
}

func TestACoreIsWalkedToo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "core")
	isErr(t, os.WriteFile(path, core("/no/such \xff", 0x1000000, 0x1004000, 0x2000), 0o600), nil)
	f, err := os.Open(path)
	isErr(t, err, nil)
	it, err := mapfiles.OpenCore(f, nil)
	f.Close()
	isErr(t, err, nil)
	defer it.Close()
	equal(t, it.Source(), mapfiles.SourceCore)
	equal(t, it.Next(), true)
	m := it.Mapping()
	equal(t, []any{m.Start, m.End, m.Offset, m.Path, m.Has & mapfiles.HasDev},
		[]any{uint64(0x1000000), uint64(0x1004000), uint64(0x2000), "/no/such \xff", mapfiles.Has(0)})
	_, err = it.OpenFile(m, 0)
	isErr(t, err, fs.ErrNotExist)
	equal(t, it.Next(), false)
	isErr(t, it.Err(), nil)
}

func TestEachFileIsTheMappedObject(t *testing.T) {
	p := sleeper(t)
	it := open(t, p.pid, nil)
	for it.Next() {
		m := it.Mapping()
		f, err := it.OpenFile(m, 0)
		isErr(t, err, nil)
		equal(t, fileInode(t, f), inode(t, link(p.pid, m.Start, m.End)))
		f.Close()
		info, err := it.OpenInfo()
		isErr(t, err, nil)
		equal(t, info, mapfiles.OpenInfo{Rung: mapfiles.RungMapFiles, Sure: mapfiles.SureExact})
	}
	isErr(t, it.Err(), nil)
}

func TestAFifoThatTookTheNameIsNotOpened(t *testing.T) {
	path := file(t, "mapped")
	want := inode(t, path)
	p := mapping(t, path)
	os.Remove(path)
	isErr(t, syscall.Mkfifo(path, 0o600), nil)
	it := open(t, p.pid, nil)
	m, _, err := it.Find(p.addrs[0])
	isErr(t, err, nil)
	f, err := it.OpenFile(m, 0)
	isErr(t, err, nil)
	defer f.Close()
	equal(t, fileInode(t, f), want)
}

func TestACopyOfWhatHasNoFile(t *testing.T) {
	p := sleeper(t)
	it := open(t, p.pid, all())
	for it.Next() && it.Mapping().Kind != mapfiles.KindVDSO {
	}
	m := it.Mapping()
	_, err := it.OpenInfo()
	isErr(t, err, fs.ErrNotExist)
	_, err = it.OpenFile(m, 0)
	isErr(t, err, syscall.ENXIO)
	f, err := it.OpenFile(m, mapfiles.OpenCopy)
	isErr(t, err, nil)
	defer f.Close()
	got, _ := io.ReadAll(f)
	want := make([]byte, m.End-m.Start)
	it.Read(m.Start, want)
	equal(t, got, want)
}

func TestRemappedMemoryIsTheSameMemory(t *testing.T) {
	p := mapping(t, file(t, "mapped"))
	it := open(t, p.pid, nil)
	m, _, _ := it.Find(p.addrs[0])
	plan, err := it.RemapPlan(m, 0)
	isErr(t, err, nil)
	equal(t, []any{plan.Shared, plan.Length, plan.Errno}, []any{true, uint64(size), syscall.Errno(0)})
	memory, err := it.Remap(m, 0, 0)
	isErr(t, err, nil)
	_, err = memory.WriteAt([]byte("seen by both"), 5000)
	isErr(t, err, nil)
	got := make([]byte, 12)
	it.Read(p.addrs[0]+5000, got)
	equal(t, string(got), "seen by both")
	n, err := memory.ReadAt(make([]byte, 12), size-4)
	equal(t, []any{n, err}, []any{4, io.EOF})
	n, err = memory.WriteAt(make([]byte, 12), size-4)
	equal(t, []any{n, err}, []any{4, io.ErrShortWrite})
	for _, off := range []int64{-1, size, 1<<63 - 1} {
		if n, err := memory.ReadAt(got, off); n != 0 || err == nil {
			t.Fatal(off, n, err)
		}
	}
	here := fmt.Sprintf("%x-", memory.Addr())
	equal(t, strings.Contains(string(read(t, "/proc/self/maps")), here), true)
	memory.Close()
	equal(t, strings.Contains(string(read(t, "/proc/self/maps")), here), false)
	_, err = memory.ReadAt(got, 0)
	isErr(t, err, os.ErrClosed)
}

func TestRemapSaysWhyNot(t *testing.T) {
	p := sleeper(t)
	it := open(t, p.pid, all())
	for it.Next() && it.Mapping().Kind != mapfiles.KindHeap {
	}
	_, err := it.Remap(it.Mapping(), 0, 0)
	var refused *mapfiles.Error
	equal(t, errors.As(err, &refused), true)
	equal(t, []any{refused.Errno, refused.Refusal}, []any{syscall.ENXIO, mapfiles.RefusalNoObject})
	equal(t, strings.HasSuffix(err.Error(), mapfiles.RefusalNoObject.String()), true)
	own := open(t, 0, nil)
	own.Next()
	it.Rewind()
	it.Next()
	_, err = it.Remap(it.Mapping(), mapfiles.RemapAt, own.Mapping().Start)
	isErr(t, err, fs.ErrExist)
	_, err = it.Remap(it.Mapping(), mapfiles.RemapAt|mapfiles.RemapReplace, own.Mapping().Start)
	isErr(t, err, syscall.EINVAL)
}

func TestATableIsTheListAndTellsWhatChanged(t *testing.T) {
	p := mapping(t, "later", "anon")
	it := open(t, p.pid, nil)
	table, err := mapfiles.NewTable(it)
	isErr(t, err, nil)
	defer table.Close()
	files := rawFiles(t, p.pid)
	equal(t, table.Len(), len(files))
	for i, l := range files {
		m, ok, err := table.At(i)
		equal(t, []any{shown(m), ok, err}, []any{l, true, error(nil)})
		index, err := table.Find(l.end - 1)
		equal(t, []any{index, err}, []any{i, error(nil)})
		index, err = table.FindObject(m, 0)
		isErr(t, err, nil)
		like, _, _ := table.At(index)
		equal(t, like.Inode, m.Inode)
	}
	for _, i := range []int{-1, len(files)} {
		_, ok, err := table.At(i)
		equal(t, []any{ok, err}, []any{false, error(nil)})
	}
	index, err := table.Find(0x10)
	equal(t, []any{index, err}, []any{-1, error(nil)})

	io.WriteString(p.in, "\n")
	p.readAddrs(t)
	isErr(t, table.Refresh(it), nil)
	changes, err := table.Changes()
	isErr(t, err, nil)
	equal(t, len(changes), 1)
	c := changes[0]
	equal(t, []any{c.Action, c.Before == nil, c.After.Start, c.After.Kind},
		[]any{mapfiles.ChangeAdded, true, p.addrs[0], mapfiles.Kind(mapfiles.KindShmAnon)})
	changes, err = table.Changes()
	equal(t, []any{len(changes), err}, []any{0, error(nil)})
}

func TestModulesAreTheExecutableFiles(t *testing.T) {
	p := sleeper(t)
	it := open(t, p.pid, nil)
	modules, err := mapfiles.NewModules(it, 0)
	isErr(t, err, nil)
	defer modules.Close()
	files := rawFiles(t, p.pid)
	for _, l := range files {
		if !strings.Contains(l.prot, "x") {
			continue
		}
		m, ok, err := modules.Find(l.start)
		equal(t, []any{m.Path, m.Inode, ok, err}, []any{l.path, l.inode, true, error(nil)})
		var want, got [][3]uint64
		for _, other := range files {
			if other.path == l.path {
				want = append(want, [3]uint64{other.start, other.end, other.offset})
			}
		}
		for _, s := range m.Segments {
			got = append(got, [3]uint64{s.Start, s.End, s.Offset})
		}
		equal(t, got, want)
		f, err := m.OpenFile(0)
		isErr(t, err, nil)
		equal(t, fileInode(t, f), l.inode)
		f.Close()
	}
	list, err := modules.All()
	isErr(t, err, nil)
	exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", p.pid))
	for _, m := range list {
		equal(t, m.Flags&mapfiles.ModuleExe != 0, m.Path == exe)
	}
	_, ok, err := modules.Find(0x10)
	equal(t, []any{ok, err}, []any{false, error(nil)})
}

func TestSharingIsByObject(t *testing.T) {
	pids := []int{sleeper(t).pid, sleeper(t).pid, mapping(t, "anon").pid}
	type user struct {
		pid        int
		start, end uint64
	}
	want, got := map[uint64]map[user]bool{}, map[uint64]map[user]bool{}
	for _, pid := range pids {
		for _, l := range rawFiles(t, pid) {
			ino := inode(t, link(pid, l.start, l.end))
			if want[ino] == nil {
				want[ino] = map[user]bool{}
			}
			want[ino][user{pid, l.start, l.end}] = true
		}
	}
	var seen [][2]uint64
	progress := func(done, total uint64) { seen = append(seen, [2]uint64{done, total}) }
	scan, err := mapfiles.Scan(context.Background(), pids, &mapfiles.ScanOptions{Progress: progress})
	isErr(t, err, nil)
	defer scan.Close()
	objects, err := scan.All()
	isErr(t, err, nil)
	for _, o := range objects {
		users, err := o.Users()
		isErr(t, err, nil)
		equal(t, uint64(len(users)), o.NUsers)
		got[o.StIno] = map[user]bool{}
		for _, u := range users {
			got[o.StIno][user{u.PID, u.Start, u.End}] = true
		}
	}
	equal(t, got, want)
	equal(t, seen, [][2]uint64{{0, 3}, {1, 3}, {2, 3}, {3, 3}})

	exe, _ := os.Open("/proc/self/exe")
	defer exe.Close()
	o, ok, err := scan.Find(exe)
	equal(t, []any{o.NProcesses, ok, err}, []any{uint64(1), true, error(nil)})
	other, _ := os.Open("/bin/true")
	defer other.Close()
	_, ok, err = scan.Find(other)
	equal(t, []any{ok, err}, []any{false, error(nil)})
}

func TestAScanMayKeepDescriptors(t *testing.T) {
	p := sleeper(t)
	scan, err := mapfiles.Scan(context.Background(), []int{p.pid}, &mapfiles.ScanOptions{Flags: mapfiles.ObjectsOpenFDs})
	isErr(t, err, nil)
	objects, err := scan.All()
	isErr(t, err, nil)
	for _, o := range objects {
		f, err := o.OpenFile()
		isErr(t, err, nil)
		equal(t, fileInode(t, f), o.StIno)
		f.Close()
	}
	scan.Close()
	_, err = objects[0].OpenFile()
	isErr(t, err, os.ErrClosed)
}

func TestOneThatIsGoneIsToldOf(t *testing.T) {
	scan, err := mapfiles.Scan(context.Background(), []int{deadPid(t)}, nil)
	isErr(t, err, nil)
	defer scan.Close()
	processes, err := scan.Processes()
	isErr(t, err, nil)
	isErr(t, processes[0].Err, syscall.ESRCH)
}

func TestAScanIsEndedByItsContext(t *testing.T) {
	everyone := mapfiles.ScanOptions{Flags: mapfiles.ObjectsEveryone}
	ctx, cancel := context.WithCancel(context.Background())
	everyone.Progress = func(done, total uint64) {
		if done == 2 {
			cancel()
		}
	}
	_, err := mapfiles.Scan(ctx, nil, &everyone)
	isErr(t, err, context.Canceled)

	everyone.Progress = func(done, total uint64) { panic("enough") }
	defer func() { equal(t, recover(), "enough") }()
	mapfiles.Scan(context.Background(), nil, &everyone)
}

func TestExplain(t *testing.T) {
	for _, access := range []mapfiles.Access{mapfiles.AccessDetails, mapfiles.AccessList, mapfiles.AccessMemory} {
		why, err := mapfiles.Explain(0, access, "")
		equal(t, []any{why, err}, []any{mapfiles.Why(mapfiles.WhyAllowed), error(nil)})
	}
	_, err := mapfiles.Explain(deadPid(t), mapfiles.AccessList, "")
	isErr(t, err, syscall.ESRCH)
}
