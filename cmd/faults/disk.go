//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// mountTmpfs mounts an empty file system of a size in memory: a disk that can be filled without harm.
func mountTmpfs(dir, size string) error {
	if os.Getuid() != 0 {
		return errors.New("only root can mount one")
	}
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "mode=0755,size="+size, "tmpfs", dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("mount: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

func unmount(dir string) { _ = exec.Command("umount", "-l", dir).Run() } // what stays is told by the next mount

// fill writes a file until nothing more fits on its disk.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			return err
		}
	}
	return nil
}

// limitFiles keeps the files of a running process below a size; 0 lifts the limit.
func limitFiles(pid int, size int64) error {
	limit := "unlimited"
	if size > 0 {
		limit = fmt.Sprint(size)
	}
	if out, err := exec.Command("prlimit", fmt.Sprintf("--pid=%d", pid), "--fsize="+limit+":unlimited").CombinedOutput(); err != nil {
		return fmt.Errorf("prlimit: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
