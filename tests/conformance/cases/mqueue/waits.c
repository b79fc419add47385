// Waiting for a message and for room; time limits and signals: mq_timedreceive(3), mq_timedsend(3).
#include <mqueue.h>
#include <pthread.h>
#include <time.h>

#include "case.h"

static mqd_t queue;
static pthread_t main_thread;

static void on_signal(int number) {
  (void)number;
}

static void* send_later(void* unused) {
  (void)unused;
  usleep(30000);
  SHOW(mq_send(queue, "late", 4, 3));
  return NULL;
}

static void* disturb(void* unused) {
  (void)unused;
  usleep(50000);
  pthread_kill(main_thread, SIGUSR1);
  return NULL;
}

static struct timespec soon(void) {
  struct timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  at.tv_nsec += 20000000;
  if (at.tv_nsec >= 1000000000) at.tv_nsec -= 1000000000, ++at.tv_sec;
  return at;
}

CASE {
  char name[32], text[16];
  snprintf(name, sizeof name, "/kx-%d", getpid());
  struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 16};
  queue = mq_open(name, O_RDWR | O_CREAT, 0600, &attributes);
  NEED(queue >= 0 && mq_unlink(name) == 0);
  main_thread = pthread_self();
  struct timespec limit = soon(), past = {1, 0}, wrong = {1, 1000000000};
  SHOW(mq_timedreceive(queue, text, 16, NULL, &limit));
  SHOW(mq_timedreceive(queue, text, 16, NULL, &past));
  SHOW(mq_timedreceive(queue, text, 16, NULL, &wrong));
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, send_later, NULL) == 0);
  ssize_t size = mq_receive(queue, text, 16, NULL);
  NEED(pthread_join(thread, NULL) == 0);
  say("%zd %.4s\n", size, text);
  SHOW(mq_timedsend(queue, "one", 3, 0, &past));
  limit = soon();
  SHOW(mq_timedsend(queue, "two", 3, 0, &limit));
  handle(SIGUSR1, on_signal, 0);
  NEED(pthread_create(&thread, NULL, disturb, NULL) == 0);
  SHOW(mq_send(queue, "two", 3, 0));
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(mq_receive(queue, text, 16, NULL));
  NEED(pthread_create(&thread, NULL, disturb, NULL) == 0);
  SHOW(mq_receive(queue, text, 16, NULL));
  NEED(pthread_join(thread, NULL) == 0);
}
