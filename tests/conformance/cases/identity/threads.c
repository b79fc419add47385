// The C library changes all threads; the system call one: setuid(2), nptl(7).
// marks: threads
#include <pthread.h>

#include "identity.h"

static struct gate step[3], done;

static void* body(void* unused) {
  pass_gate(step[0]);
  say("thread: %u %u\n", getuid(), geteuid());
  say_open("secret", O_RDONLY);
  open_gate(done);
  pass_gate(step[1]);
  NEED(syscall(SYS_setresuid, -1, 0, -1) == 0);
  say("thread: %u %u\n", getuid(), geteuid());
  say_open("secret", O_RDONLY);
  open_gate(done);
  pass_gate(step[2]);
  return unused;
}

static void* late(void* unused) {
  say("made by another: %u %u\n", getuid(), geteuid());
  say_open("secret", O_RDONLY);
  return unused;
}

CASE {
  pthread_t thread, second;
  make_file("secret", 0600);
  for (int i = 0; i < 3; i++) step[i] = make_gate();
  done = make_gate();
  if (!is_root()) return;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  SHOW(setresuid(800, 800, 0));
  open_gate(step[0]);
  pass_gate(done);
  open_gate(step[1]);
  pass_gate(done);
  say_ids();
  say_open("secret", O_RDONLY);
  NEED(pthread_create(&second, NULL, late, NULL) == 0);
  NEED(pthread_join(second, NULL) == 0);
  open_gate(step[2]);
  NEED(pthread_join(thread, NULL) == 0);
}
