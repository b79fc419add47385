// Twenty four MiB over TCP between two threads, in pieces of odd sizes: every byte arrives in order: tcp(7).
// marks: threads
#include <pthread.h>

#include "net.h"

#define TOTAL (24L << 20)

static int ends[2];
static char out[100003], in[77777];

static void* sender(void* argument) {
  (void)argument;
  for (long done = 0, round = 0; done < TOTAL; round++) {
    long size = round % 7 == 0 ? 1 : (long)sizeof out - round % 1000;
    if (size > TOTAL - done) size = TOTAL - done;
    for (long i = 0; i < size; i++) out[i] = (char)((done + i) % 251);
    send_all(ends[0], out, (size_t)size);
    done += size;
  }
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  return NULL;
}

CASE {
  tcp_pair(ends);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, sender, NULL) == 0);
  long done = 0, wrong = 0;
  ssize_t got;
  while ((got = recv(ends[1], in, sizeof in, 0)) > 0) {
    for (long i = 0; i < got; i++) wrong += in[i] != (char)((done + i) % 251);
    done += got;
  }
  SHOW(got);
  SHOW(done);
  SHOW(wrong);
  NEED(pthread_join(thread, NULL) == 0);
}
