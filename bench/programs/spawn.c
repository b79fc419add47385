// Runs two commands alternately, start to exit, and times each run.
// usage: spawn ROUNDS OUTPUT COMMAND... // COMMAND...
// The commands' standard output is the file OUTPUT, emptied before each run. Prints one line a run: which command (0 or
// 1), nanoseconds from before fork until after wait, the resident set at most in KiB, the wait status.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void run(int which, char** command, const char* output) {
  const int fd = open(output, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) {
    perror(output);
    exit(1);
  }
  struct rusage usage;
  int status = 0;
  const uint64_t start = now_ns();
  const pid_t child = vfork();  // as posix_spawn and shells do: what this process holds in memory does not count
  if (child == 0) {
    dup2(fd, STDOUT_FILENO);
    execvp(command[0], command);
    _exit(127);
  }
  wait4(child, &status, 0, &usage);
  const uint64_t elapsed = now_ns() - start;
  close(fd);
  printf("%d %llu %ld %d\n", which, (unsigned long long)elapsed, usage.ru_maxrss, status);
}

int main(int argc, char** argv) {
  char** second = NULL;
  for (int i = 3; i < argc; ++i) {
    if (strcmp(argv[i], "//") == 0) {
      argv[i] = NULL;
      second = argv + i + 1;
      break;
    }
  }
  if (second == NULL || argv[3] == NULL || second[0] == NULL) {
    fprintf(stderr, "usage: spawn ROUNDS OUTPUT COMMAND... // COMMAND...\n");
    return 2;
  }
  char** commands[2] = {argv + 3, second};
  for (int round = 0; round < atoi(argv[1]); ++round) {
    for (int turn = 0; turn < 2; ++turn) {
      const int which = (round + turn) % 2;  // neither command always follows the other
      run(which, commands[which], argv[2]);
    }
  }
  return 0;
}
