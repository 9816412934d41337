// SPDX-License-Identifier: LGPL-2.1-or-later

package mapfiles_test

// Live processes to look at, and what /proc says of them, parsed here.

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"mapfiles"
)

func TestMain(m *testing.M) {
	if words, ok := os.LookupEnv("MAPFILES_TARGET"); ok {
		target(strings.Split(words, "\x01"))
		return
	}
	os.Exit(m.Run())
}

const size = 8192

// target maps what the words say, "anon" or a file, and prints where. With "later" the rest is
// mapped after a line.
func target(words []string) {
	in := bufio.NewReader(os.Stdin)
	for _, word := range words {
		if word == "later" {
			fmt.Println("ready")
			in.ReadString('\n')
			continue
		}
		fd, flags := -1, syscall.MAP_SHARED|syscall.MAP_ANON
		if word != "anon" {
			var err error
			if fd, err = syscall.Open(word, syscall.O_RDWR, 0); err != nil {
				panic(err)
			}
			flags = syscall.MAP_SHARED
		}
		memory, err := syscall.Mmap(fd, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, flags)
		if err != nil {
			panic(err)
		}
		fmt.Println(uintptr(unsafe.Pointer(&memory[0])))
	}
	fmt.Println("ready")
	io.Copy(io.Discard, in) // ends with whoever started it
}

type process struct {
	pid   int
	addrs []uint64
	in    io.WriteCloser
	out   *bufio.Reader
	kill  func()
}

func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
	t.Cleanup(kill)
	return &process{cmd.Process.Pid, nil, in, bufio.NewReader(out), kill}
}

func (p *process) readAddrs(t *testing.T) {
	t.Helper()
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			t.Fatal("the target failed: ", err)
		}
		if line == "ready\n" {
			return
		}
		addr, err := strconv.ParseUint(strings.TrimSpace(line), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		p.addrs = append(p.addrs, addr)
	}
}

func mapping(t *testing.T, words ...string) *process {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "MAPFILES_TARGET="+strings.Join(words, "\x01"))
	p := start(t, cmd)
	p.readAddrs(t)
	return p
}

func sleeper(t *testing.T) *process {
	t.Helper()
	p := start(t, exec.Command("cat"))
	// Waiting under its own name it has loaded all that it will. It ends with whoever started it.
	waitUntil(func() bool { return bytes.Contains(read(t, "/proc/%d/stat", p.pid), []byte("(cat) S ")) })
	return p
}

func waitUntil(holds func() bool) {
	for !holds() {
		time.Sleep(time.Millisecond)
	}
}

func deadPid(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

func read(t *testing.T, format string, words ...any) []byte {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf(format, words...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func file(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, bytes.Repeat([]byte("0123456789abcdef"), size/16), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

type line struct {
	start, end   uint64
	prot         string
	offset       uint64
	major, minor uint32
	inode        uint64
	path         string
}

// rawMaps is /proc/PID/maps, with the one escape that the kernel makes undone.
func rawMaps(t *testing.T, pid int) (lines []line) {
	t.Helper()
	for _, text := range strings.Split(strings.TrimSuffix(string(read(t, "/proc/%d/maps", pid)), "\n"), "\n") {
		var l line
		words := strings.SplitN(text, " ", 6)
		_, err := fmt.Sscanf(strings.Join(words[:5], " "), "%x-%x %s %x %x:%x %d",
			&l.start, &l.end, &l.prot, &l.offset, &l.major, &l.minor, &l.inode)
		if err != nil {
			t.Fatal(err)
		}
		if len(words) == 6 {
			l.path = strings.ReplaceAll(strings.TrimLeft(words[5], " "), `\012`, "\n")
		}
		lines = append(lines, l)
	}
	return lines
}

func link(pid int, start, end uint64) string {
	return fmt.Sprintf("/proc/%d/map_files/%x-%x", pid, start, end)
}

// rawFiles are those that have a link in map_files.
func rawFiles(t *testing.T, pid int) (lines []line) {
	t.Helper()
	for _, l := range rawMaps(t, pid) {
		if _, err := os.Lstat(link(pid, l.start, l.end)); err == nil {
			lines = append(lines, l)
		}
	}
	return lines
}

// shown is a mapping as a line of maps.
func shown(m mapfiles.Mapping) line {
	prot := []byte("---p")
	for i, bit := range []mapfiles.Prot{mapfiles.ProtRead, mapfiles.ProtWrite, mapfiles.ProtExec} {
		if m.Prot&bit != 0 {
			prot[i] = "rwx"[i]
		}
	}
	if m.Shared() {
		prot[3] = 's'
	}
	return line{m.Start, m.End, string(prot), m.Offset, m.DevMajor, m.DevMinor, m.Inode, m.Path}
}

func inode(t *testing.T, path string) uint64 {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

func fileInode(t *testing.T, f *os.File) uint64 {
	t.Helper()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return st.Sys().(*syscall.Stat_t).Ino
}

func open(t *testing.T, pid int, opts *mapfiles.Options) *mapfiles.Iter {
	t.Helper()
	it, err := mapfiles.Open(pid, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { it.Close() })
	return it
}

func lines(t *testing.T, it *mapfiles.Iter) (all []line) {
	t.Helper()
	for it.Next() {
		all = append(all, shown(it.Mapping()))
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	return all
}
