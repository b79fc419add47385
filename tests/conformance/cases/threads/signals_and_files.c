// Signals do not end calls on files, nor locks that are free, nor waits for nobody: signal(7).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "relatives.h"

enum { turns = 400 };
static atomic_int finished, handled, interrupted, wrong;
static int file;

static void on_signal(int number) {
  (void)number;
  handled++;
}

static void note(long result, long expected) {
  if (result == -1 && errno == EINTR)
    interrupted++;
  else if (result != expected)
    wrong++;
}

static void* body(void* unused) {
  for (int i = 0; i < turns || handled < 50; i++) {
    char text[16];
    note(pwrite(file, "some text", 9, 0), 9);
    note(pread(file, text, 9, 0), 9);
    note(flock(file, LOCK_EX), 0);
    note(flock(file, LOCK_UN), 0);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    note(fcntl(file, F_SETLKW, &whole), 0);
    note(fsync(file), 0);
    int other = open("other", O_RDWR | O_CREAT, 0644);
    note(other < 0 ? other : 0, 0);
    close(other);
    errno = 0;
    long result = waitpid(-1, NULL, 0);
    note(result == -1 && errno == ECHILD ? 0 : result, 0);
  }
  finished = 1;
  return unused;
}

CASE {
  pthread_t thread;
  handle(SIGUSR1, on_signal, 0);
  file = file_with("file", "");
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  while (!finished) {
    pthread_kill(thread, SIGUSR1);
    sched_yield();
  }
  NEED(pthread_join(thread, NULL) == 0);
  say("interrupted %d wrong %d\n", interrupted, wrong);
}
