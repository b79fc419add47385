// A process that always has a child, never the same one for long: what was frozen for those that have ended is to be
// used again, or its memory runs out while little of it is in use.
//
//     overlapping_children FORKS    prints "ok", or what failed
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE (512u << 10) // too much to be copied at the fork

static unsigned char memory[SIZE];

static int fail(const char* what, int round) {
  fprintf(stderr, "round %d: ", round);
  perror(what);
  return 1;
}

int main(int argc, char** argv) {
  const int forks = argc > 1 ? atoi(argv[1]) : 0;
  pid_t last = 0;
  for (int round = 0; round < forks; round++) {
    memset(memory, round, SIZE);
    const pid_t child = fork();
    if (child < 0) return fail("fork", round);
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      pause();
      _exit(0);
    }
    if (last != 0) {
      int status;
      if (kill(last, SIGKILL) != 0 || waitpid(last, &status, 0) != last) return fail("the child before", round);
    }
    last = child;
    for (unsigned i = 0; i < SIZE; i += 512)
      if (memory[i] != (unsigned char)round) return fail("memory", round);
  }
  kill(last, SIGKILL);
  waitpid(last, NULL, 0);
  puts("ok");
  return 0;
}
