// send and recv with memory that is not there or ends on the way; what could not be taken stays: send(2), recv(2).
#include "net.h"

CASE {
  int ends[2];
  tcp_pair(ends);
  char* pages = fresh_pages(2);
  memset(pages, 'p', 2 * KX_PAGE);
  NEED(munmap(pages + KX_PAGE, KX_PAGE) == 0);
  SHOW(send(ends[0], (void*)16, 4, 0));
  SHOW(send(ends[0], NULL, 1, 0));
  SHOW(write(ends[0], (void*)16, 4));
  SHOW(send(ends[0], pages + KX_PAGE, 4, 0));
  SHOW(send(ends[0], NULL, 0, 0));
  SHOW(send(ends[0], pages + KX_PAGE - 8, 8, 0));
  await_bytes(ends[1], 8);
  SHOW(recv(ends[1], (void*)16, 4, 0));
  SHOW(read(ends[1], pages + KX_PAGE, 4));
  SHOW(recv(ends[1], pages + KX_PAGE - 4, 4, 0));
  NEED(mprotect(pages, KX_PAGE, PROT_READ) == 0);
  SHOW(recv(ends[1], pages, 4, 0));
  NEED(mprotect(pages, KX_PAGE, PROT_NONE) == 0);
  SHOW(send(ends[1], pages, 4, 0));
  char text[8];
  SHOW(recv(ends[1], NULL, 0, MSG_DONTWAIT));
  SHOW(recv(ends[1], text, 8, MSG_DONTWAIT));
  SHOW(recv(ends[1], NULL, 0, MSG_DONTWAIT));
  socklen_t size = 16;
  NEED(send(ends[0], "x", 1, 0) == 1);
  await(ends[1], POLLIN);
  SHOW(recvfrom(ends[1], text, 1, 0, (struct sockaddr*)16, &size));
  SHOW(size);
}
