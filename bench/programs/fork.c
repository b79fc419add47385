// Measures fork from inside. Prints numbers of nanoseconds, one a line, or one number.
// usage: fork pause|child MIB ROUNDS      the parent's pause; from before fork to the child's first instruction
//        fork wait MIB ROUNDS             fork + exit + wait
//        fork exec ROUNDS PROGRAM         vfork + exec + wait
//        fork rate MIB SECONDS            nanoseconds for each fork + exit + wait, sustained, two children at a time
//        fork copy MIB                    nanoseconds for each page that the child writes first, sequentially
//        fork idle MIB CHILDREN           says `begin`, then `waiting` while its children wait; goes on when a byte comes
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { page_size = 4096 };

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void fail(const char* what) {
  perror(what);
  exit(1);
}

// Memory as a program has it that uses it: every page written.
static char* touched(size_t mib) {
  const size_t size = mib << 20;
  char* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap");
  memset(memory, 1, size);
  return memory;
}

static void wait_for(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) fail("child");
}

// Tells when it is about to fork and when all children wait, and goes on when it is told to.
static void idle(int children) {
  int ready[2], hold[2];
  if (pipe(ready) != 0 || pipe(hold) != 0) fail("pipe");
  char byte = 1;
  if (write(1, "begin\n", 6) != 6 || read(0, &byte, 1) != 1) fail("standard input");
  for (int i = 0; i < children; ++i) {
    const pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
      close(hold[1]);
      if (write(ready[1], &byte, 1) != 1 || read(hold[0], &byte, 1) != 0) _exit(1);
      _exit(0);
    }
  }
  for (int i = 0; i < children; ++i) {
    if (read(ready[0], &byte, 1) != 1) fail("read");
  }
  if (write(1, "waiting\n", 8) != 8 || read(0, &byte, 1) != 1) fail("standard input");
  close(hold[1]);
  for (int i = 0; i < children; ++i) {
    int status = 0;
    if (wait(&status) < 0 || status != 0) fail("child");
  }
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const char* what = argv[1];
  uint64_t* shared = mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) fail("mmap");
  *shared = 0;
  if (strcmp(what, "exec") == 0) {
    for (int i = 0; i < atoi(argv[2]); ++i) {
      const uint64_t start = now_ns();
      const pid_t child = vfork();
      if (child < 0) fail("vfork");
      if (child == 0) {
        execv(argv[3], argv + 3);
        _exit(127);
      }
      wait_for(child);
      fprintf(stderr, "%llu\n", (unsigned long long)(now_ns() - start));
    }
    return 0;
  }
  const size_t mib = (size_t)atoi(argv[2]);
  char* memory = touched(mib);
  const int count = argc > 3 ? atoi(argv[3]) : 1;
  if (strcmp(what, "copy") == 0) {
    const pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
      const uint64_t start = now_ns();
      for (size_t at = 0; at < mib << 20; at += page_size) memory[at] = 2;
      *shared = now_ns() - start;
      _exit(0);
    }
    wait_for(child);
    printf("%llu\n", (unsigned long long)(*shared / ((mib << 20) / page_size)));
  } else if (strcmp(what, "idle") == 0) {
    idle(count);
  } else if (strcmp(what, "rate") == 0) {
    const uint64_t start = now_ns(), end = start + (uint64_t)count * 1000000000u;
    uint64_t forks = 0, now = start;
    int alive = 0;
    while ((now = now_ns()) < end || alive > 0) {
      if (now < end && alive < 2) {
        const pid_t child = fork();
        if (child < 0) fail("fork");
        if (child == 0) _exit(0);
        ++forks;
        ++alive;
      } else {
        if (wait(NULL) < 0) fail("wait");
        --alive;
      }
    }
    printf("%llu\n", (unsigned long long)((now_ns() - start) / forks));
  } else {
    const int of_child = strcmp(what, "child") == 0, of_wait = strcmp(what, "wait") == 0;
    for (int i = 0; i < count; ++i) {
      const uint64_t start = now_ns();
      const pid_t child = fork();
      if (child < 0) fail("fork");
      if (child == 0) {
        *shared = now_ns();
        _exit(0);
      }
      const uint64_t pause = now_ns() - start;
      wait_for(child);
      const uint64_t all = now_ns() - start;
      printf("%llu\n", (unsigned long long)(of_child ? *shared - start : of_wait ? all : pause));
      memory[(size_t)i % (mib << 20)] = 3;  // a parent that does nothing between its forks is none
    }
  }
  return 0;
}
