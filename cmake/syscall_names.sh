#!/bin/sh
# Prints {number, "name"}, lines for every system call the kernel headers know. Usage: syscall_names.sh COMPILER
echo '#include <asm/unistd_64.h>' | "$1" -E -dM -x c - |
  sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/{\2, "\1"},/p' | sort -t'{' -k2 -n
