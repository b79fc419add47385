// A fork bomb: every process forks for as long as it can.
//
//     fork_bomb plain      with signals as they are
//     fork_bomb ignore     ignores all signals, in sessions of their own
//     fork_bomb recover    a bomb in a process group of its own, which is killed; then says whether forks work again
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static _Atomic int* refused;

static void bomb(int sessions) {
  for (;;) {
    pid_t pid = fork();
    if (pid < 0) {
      if (errno == EAGAIN && refused) *refused = 1;
      usleep(2000);
    }
    if (pid == 0 && sessions) setsid();
  }
}

static int recover(void) {
  refused = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t first = fork();
  if (first == 0) {
    setpgid(0, 0);
    bomb(0);
  }
  setpgid(first, first);
  while (!*refused) usleep(10000);
  puts("EAGAIN seen");
  while (kill(-first, SIGKILL) == 0) {
    waitpid(-1, NULL, WNOHANG);
    usleep(5000);
  }
  puts("gone");
  fflush(stdout);
  for (int i = 0; i < 5; i++) {
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) _exit(i);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != i) return 1;
  }
  puts("forks again");
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  if (strcmp(argv[1], "recover") == 0) return recover();
  int ignores = strcmp(argv[1], "ignore") == 0;
  for (int i = 1; ignores && i < 65; i++) signal(i, SIG_IGN);
  bomb(ignores);
}
