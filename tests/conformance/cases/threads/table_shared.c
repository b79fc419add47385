// Descriptors, directory and umask belong to all threads: what one does, the others see at once: clone(2).
// marks: threads
#include <pthread.h>

#include "relatives.h"

static int opened, pair[2], blocked[2];
static struct gate stuck, done;

static void* changes(void* unused) {
  opened = open("file", O_RDWR | O_CREAT, 0644);
  NEED(opened >= 0 && write(opened, "text", 4) == 4);
  NEED(mkdir("below", 0755) == 0 && chdir("below") == 0);
  umask(077);
  NEED(pipe(pair) == 0);
  NEED(fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0);
  NEED(close(pair[1]) == 0);
  return unused;
}

static void* reads(void* unused) {
  char byte;
  open_gate(stuck);
  SHOW(read(blocked[0], &byte, 1));
  open_gate(done);
  return unused;
}

CASE {
  pthread_t thread;
  struct stat status;
  char text[8] = "";
  NEED(pipe(blocked) == 0);
  NEED(pthread_create(&thread, NULL, changes, NULL) == 0 && pthread_join(thread, NULL) == 0);
  SHOW(lseek(opened, 0, SEEK_CUR));
  SHOW(pread(opened, text, sizeof text, 0));
  SHOW(access("../file", F_OK));
  SHOW(access("file", F_OK));
  NEED(close(open("mine", O_RDWR | O_CREAT, 0666)) == 0 && stat("mine", &status) == 0);
  say("mode %o\n", status.st_mode & 0777);
  SHOW(umask(022));
  SHOW(fcntl(pair[0], F_GETFL) & O_NONBLOCK);
  SHOW(write(pair[1], "x", 1));
  SHOW(read(pair[0], text, 1));
  stuck = make_gate();
  done = make_gate();
  NEED(pthread_create(&thread, NULL, reads, NULL) == 0);
  pass_gate(stuck);
  nap();
  // Others are closed and opened while it waits at one.
  for (int i = 0; i < 50; i++) {
    int fd = dup(opened);
    NEED(fd >= 0 && close(fd) == 0);
  }
  SHOW(close(opened));
  SHOW(close(opened));
  NEED(close(blocked[1]) == 0);
  pass_gate(done);
  NEED(pthread_join(thread, NULL) == 0);
}
