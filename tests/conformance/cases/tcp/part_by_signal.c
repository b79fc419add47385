// A signal ends MSG_WAITALL and a long send with what was moved so far, with SA_RESTART too: signal(7).
// marks: threads
#include <pthread.h>

#include "net.h"

static pthread_t main_thread;
static struct gate about;
static volatile int done;

static void on_signal(int number) {
  (void)number;
}

static void* nuisance(void* argument) {
  (void)argument;
  for (;;) {
    pass_gate(about);
    if (done == 2) return NULL;
    nap();
    while (!done) {
      pthread_kill(main_thread, SIGUSR1);
      nap();
    }
  }
}

CASE {
  int ends[2];
  static char block[32 << 20];
  about = make_gate();
  main_thread = pthread_self();
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, nuisance, NULL) == 0);
  for (int i = 0; i < 2; i++) {
    handle(SIGUSR1, on_signal, i ? SA_RESTART : 0);
    tcp_pair(ends);
    char text[16] = "";
    NEED(send(ends[0], "part", 4, 0) == 4);
    await_bytes(ends[1], 4);
    done = 0;
    open_gate(about);
    SHOW(recv(ends[1], text, 16, MSG_WAITALL));
    done = 1;
    say("%s\n", text);
    nap();
    done = 0;
    open_gate(about);
    ssize_t sent = send(ends[0], block, sizeof block, 0);
    done = 1;
    CHECK(sent > 0 && sent < (ssize_t)sizeof block);
    // What was told is what arrives.
    NEED(shutdown(ends[0], SHUT_WR) == 0);
    long received = 0;
    ssize_t got;
    while ((got = recv(ends[1], block, sizeof block, 0)) != 0) received += got > 0 ? got : 0;
    SHOW(received == sent);
    nap();
  }
  done = 2;
  open_gate(about);
  NEED(pthread_join(thread, NULL) == 0);
}
