// Threads that read one connection, each by its own means, beside an event loop: each byte comes once, in order, and
// the answers are whole.
// marks: fork lane
#include <pthread.h>
#include <sched.h>

#include "accepted.h"

enum { bytes = 6000 };
static int connection;
static unsigned char seen[bytes];
static int total;

static void take(const unsigned char* data, ssize_t size) {
  for (ssize_t i = 0; i < size; i += 2) {
    unsigned number = data[i] | (unsigned)data[i + 1] << 8;
    if (number < bytes) __atomic_fetch_add(&seen[number], 1, __ATOMIC_RELAXED);
  }
  __atomic_fetch_add(&total, (int)size / 2, __ATOMIC_SEQ_CST);
}

static void* reader(void* unused) {
  unsigned char data[64];
  while (__atomic_load_n(&total, __ATOMIC_SEQ_CST) < bytes) {
    ssize_t got = recv(connection, data, sizeof data, 0);
    if (got > 0) take(data, got);
    if (got < 0) sched_yield();
  }
  return unused;
}

static void* loop(void* unused) {
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, connection, &event) == 0);
  unsigned char data[32];
  while (__atomic_load_n(&total, __ATOMIC_SEQ_CST) < bytes) {
    if (epoll_wait(epoll, &event, 1, 10) != 1) continue;
    ssize_t got = read(connection, data, sizeof data);
    if (got > 0) {
      take(data, got);
      NEED(write(connection, "ok", 2) == 2);
    }
  }
  return unused;
}

static void* answers(void* argument) {
  int fd = *(int*)argument;
  char text[64];
  long good = 1;
  ssize_t got;
  while ((got = recv(fd, text, 2, MSG_WAITALL)) == 2) good = good && memcmp(text, "ok", 2) == 0;
  return good && got == 0 ? argument : NULL;
}

CASE {
  int epoll = epoll_create1(0), ends[2];
  pthread_t threads[3], listening;
  void* good;
  accepted_pair(epoll, ends);
  NEED(close(epoll) == 0);
  connection = ends[1];
  NEED(pthread_create(&threads[0], NULL, loop, NULL) == 0 && pthread_create(&threads[1], NULL, loop, NULL) == 0);
  NEED(pthread_create(&threads[2], NULL, reader, NULL) == 0 &&
       pthread_create(&listening, NULL, answers, &ends[0]) == 0);
  for (unsigned i = 0; i < bytes; i++) {
    unsigned char number[2] = {(unsigned char)i, (unsigned char)(i >> 8)};
    send_all(ends[0], number, 2);
  }
  for (int i = 0; i < 3; i++) NEED(pthread_join(threads[i], NULL) == 0);
  int once = 0;
  for (int i = 0; i < bytes; i++) once += seen[i] == 1;
  SHOW(once);
  NEED(close(connection) == 0 && pthread_join(listening, &good) == 0);
  CHECK(good != NULL);
}
