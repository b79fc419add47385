// Signals do not end calls of sockets that have data and room, connections and listeners: signal(7).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "relatives.h"

enum { turns = 400 };
static atomic_int finished, handled, interrupted, wrong;
static int pair[2], listener;
static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};

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
    char byte = 1;
    long result = send(pair[0], &byte, 1, 0);
    note(result, 1);
    if (result == 1) {
      while ((result = recv(pair[1], &byte, 1, 0)) == -1 && errno == EINTR) interrupted++;
      note(result, 1);
    }
    if (i % 8 == 0) {
      int client = socket(AF_UNIX, SOCK_STREAM, 0);
      result = connect(client, (struct sockaddr*)&address, sizeof address);
      note(result, 0);
      if (result == 0) {
        int accepted;
        while ((accepted = accept(listener, NULL, NULL)) == -1 && errno == EINTR) interrupted++;
        note(accepted == -1 ? -1 : 0, 0);
        close(accepted);
      }
      close(client);
    }
  }
  finished = 1;
  return unused;
}

CASE {
  pthread_t thread;
  handle(SIGUSR1, on_signal, 0);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  listener = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(bind(listener, (struct sockaddr*)&address, sizeof address) == 0 && listen(listener, 8) == 0);
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  while (!finished) {
    pthread_kill(thread, SIGUSR1);
    sched_yield();
  }
  NEED(pthread_join(thread, NULL) == 0);
  say("interrupted %d wrong %d\n", interrupted, wrong);
}
