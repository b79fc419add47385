// __WNOTHREAD: a thread finds only the children that it made itself, and those of threads that have ended: wait4(2).
// marks: fork
#include <pthread.h>
#include <sched.h>

#include "relatives.h"

static pid_t of_main, left_behind;

static long wait_own(pid_t pid, int options) {
  int status = 0;
  pid_t got = waitpid(pid, &status, __WNOTHREAD | options);
  if (got > 0) say_status("found", status);
  return got > 0 ? 1 : got;
}

static void* by_other_thread(void* unused) {
  pid_t own;
  START(own) _exit(2);
  await_zombie(own);
  await_zombie(of_main);
  SHOW(wait_own(of_main, WNOHANG));
  SHOW(wait_own(-1, 0));
  SHOW(wait_own(-1, WNOHANG));
  siginfo_t info;
  SHOW(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WNOTHREAD));
  SHOW(waitid(P_PID, (id_t)of_main, &info, WEXITED | WNOWAIT));

  // A child's sibling is a child of the thread that made the child.
  START(own) {
    pid_t sibling = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
    if (sibling == 0) _exit(4);
    _exit(sibling > 0 ? 4 : 5);
  }
  SHOW(wait_own(-1, 0));
  SHOW(wait_own(-1, 0));
  SHOW(wait_own(-1, 0));

  START(left_behind) _exit(3);
  await_zombie(left_behind);
  return unused;
}

CASE {
  START(of_main) _exit(1);
  await_zombie(of_main);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, by_other_thread, NULL) == 0);
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(wait_own(of_main, 0));
  // The thread is gone some time after it is joined.
  long found;
  do found = wait_own(left_behind, 0);
  while (found == -1 && errno == ECHILD);
  SHOW(found);
  SHOW(wait_own(-1, 0));

  // Who executes a program is an ordinary child afterwards, whatever signal it was made with.
  block_signal(SIGUSR1);
  pid_t child = (pid_t)syscall(SYS_clone, SIGUSR1, NULL, NULL, NULL, NULL);
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", "exit 7", (char*)NULL);
    _exit(99);
  }
  NEED(child > 0);
  int status;
  pid_t got;
  do got = waitpid(child, &status, 0);
  while (got == -1 && errno == ECHILD);
  say_status("program", status);
}
