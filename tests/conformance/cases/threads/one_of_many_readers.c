// Of many threads that wait at one pipe, eventfd or listener each message is taken by one: read(2), accept(2).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "relatives.h"

enum { count = 6, messages = 120 };
static int ends[2], counter, listener;
static atomic_int from_pipe, from_counter, accepted, sum;

static void* reads_pipe(void* unused) {
  int number;
  while (read(ends[0], &number, sizeof number) == sizeof number && number >= 0) {
    from_pipe++;
    sum += number;
  }
  return unused;
}

static void* reads_counter(void* unused) {
  eventfd_t value;
  while (eventfd_read(counter, &value) == 0 && from_counter++ < messages) continue;
  return unused;
}

static void* accepts(void* unused) {
  char byte = 0;
  while (byte != 'e') {
    int fd = accept(listener, NULL, NULL);
    NEED(fd >= 0 && read(fd, &byte, 1) == 1);
    if (byte != 'e') accepted++;
    close(fd);
  }
  return unused;
}

static void call_in(char byte) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(fd >= 0 && connect(fd, (struct sockaddr*)&address, sizeof address) == 0 && write(fd, &byte, 1) == 1);
  close(fd);
}

static void run(void* (*body)(void*), void (*send)(int)) {
  pthread_t threads[count];
  for (int i = 0; i < count; i++) NEED(pthread_create(&threads[i], NULL, body, NULL) == 0);
  for (int i = 0; i < messages; i++) send(i);
  for (int i = 0; i < count; i++) send(-1);
  for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
}

static void to_pipe(int number) {
  NEED(write(ends[1], &number, sizeof number) == sizeof number);
}

static void to_counter(int number) {
  (void)number;
  NEED(eventfd_write(counter, 1) == 0);
}

static void to_listener(int number) {
  call_in(number < 0 ? 'e' : 'm');
}

CASE {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  NEED(pipe(ends) == 0 && (counter = eventfd(0, EFD_SEMAPHORE)) >= 0);
  NEED((listener = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
  NEED(bind(listener, (struct sockaddr*)&address, sizeof address) == 0 && listen(listener, 200) == 0);
  run(reads_pipe, to_pipe);
  run(reads_counter, to_counter);
  run(accepts, to_listener);
  say("pipe %d sum %d counter %d accepted %d\n", from_pipe, sum, from_counter, accepted);
}
