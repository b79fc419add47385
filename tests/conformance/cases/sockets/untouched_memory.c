// Receiving into memory never touched, shared, of a file, after a fork; sending from a file's pages: recv(2), mmap(2).
// marks: fork
#include <sys/socket.h>

#include "relatives.h"

#define SIZE (64 * KX_PAGE)

static void through(const char* what, int ends[2], const char* from, char* to) {
  for (long done = 0; done < SIZE;) {
    ssize_t put = send(ends[0], from + done, 4 * KX_PAGE, 0);
    NEED(put == 4 * KX_PAGE && recv(ends[1], to + done, 4 * KX_PAGE, MSG_WAITALL) == put);
    done += put;
  }
  say("%s: same %d\n", what, memcmp(from, to, SIZE) == 0);
}

CASE {
  int ends[2], file = file_with("file", ""), other = file_with("other", "");
  char* source = fresh_pages(64);
  for (long i = 0; i < SIZE; i++) source[i] = (char)(i % 239);
  NEED(write(file, source, SIZE) == SIZE && ftruncate(other, SIZE) == 0);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  through("fresh", ends, source, fresh_pages(64));
  char* mapped = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE, file, 0);
  char* target = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0);
  char* common = shared_memory(SIZE);
  NEED(mapped != MAP_FAILED && target != MAP_FAILED);
  through("from a file to a file", ends, mapped, target);
  char* again = malloc(SIZE);
  SHOW(pread(other, again, SIZE, 0) == SIZE && memcmp(again, source, SIZE) == 0);
  pid_t child;
  START(child) through("child, shared", ends, mapped, common);
  reap("child", child);
  SHOW(memcmp(common, source, SIZE));
  char* copied = fresh_pages(64);
  memset(copied, 'c', SIZE);
  START(child) through("child, copied", ends, mapped, copied);
  reap("child", child);
  SHOW(copied[0] == 'c' && copied[SIZE - 1] == 'c');
  char* zeros = fresh_pages(64);
  through("zeros", ends, zeros, copied);
  // Beyond the end of the file there is no memory to send from or to receive into.
  char* beyond = mmap(NULL, 2 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file_with("short", "text"), 0);
  NEED(beyond != MAP_FAILED);
  SHOW(send(ends[0], beyond + KX_PAGE, 10, 0));
  NEED(send(ends[0], "x", 1, 0) == 1);
  SHOW(recv(ends[1], beyond + KX_PAGE, 1, 0));
  SHOW(recv(ends[1], beyond, 1, MSG_DONTWAIT));
}
