// Nanoseconds per system call, made through syscall(2) so that neither libc nor the vDSO answers it.
// usage: syscalls getpid|write|clock_gettime CALLS LOOPS; prints the best loop's time per call.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int main(int argc, char** argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: syscalls getpid|write|clock_gettime CALLS LOOPS\n");
    return 2;
  }
  const long calls = atol(argv[2]);
  const int loops = atoi(argv[3]);
  const int null_fd = open("/dev/null", O_WRONLY);
  const char text[64] = "what is written is of no importance";
  struct timespec time;
  double best = 1e18;
  for (int loop = 0; loop < loops; ++loop) {
    const uint64_t start = now_ns();
    if (strcmp(argv[1], "getpid") == 0) {
      for (long i = 0; i < calls; ++i) {
        syscall(SYS_getpid);
      }
    } else if (strcmp(argv[1], "write") == 0) {
      for (long i = 0; i < calls; ++i) {
        if (syscall(SYS_write, null_fd, text, sizeof text) != (long)sizeof text) {
          perror("write");
          return 1;
        }
      }
    } else if (strcmp(argv[1], "clock_gettime") == 0) {
      for (long i = 0; i < calls; ++i) {
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
      }
    } else {
      return 2;
    }
    const double per_call = (double)(now_ns() - start) / (double)calls;
    best = per_call < best ? per_call : best;
  }
  printf("%.3f\n", best);
  return 0;
}
