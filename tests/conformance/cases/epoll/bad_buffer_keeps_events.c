// Events that could not be written to a bad address are not lost, edge-triggered ones and one-shots neither:
// epoll_wait(2).
#include "readiness.h"

CASE {
  int pipes[3][2], epoll = make_epoll();
  char* pages = fresh_pages(2);
  NEED(mprotect(pages + KX_PAGE, KX_PAGE, PROT_NONE) == 0);
  for (int i = 0; i < 3; i++) {
    make_pipe(pipes[i]);
    must_write(pipes[i][1], "x");
    watch(epoll, pipes[i][0], EPOLLIN | EPOLLET, (uint64_t)i);
  }
  SHOW(epoll_wait(epoll, (struct epoll_event*)8, 3, 0));
  SHOW(epoll_wait(epoll, (struct epoll_event*)(pages + KX_PAGE), 3, -1));
  show_ready("after failures", epoll);
  show_ready("again", epoll);
  for (int i = 0; i < 3; i++) must_write(pipes[i][1], "y");
  struct epoll_event* two = (struct epoll_event*)(pages + KX_PAGE) - 2;
  SHOW(epoll_wait(epoll, two, 3, 0));
  say("%d %d\n", (int)two[0].data.u32, (int)two[1].data.u32);
  show_ready("the third", epoll);
  for (int i = 0; i < 3; i++)
    NEED(control(epoll, EPOLL_CTL_MOD, pipes[i][0], EPOLLIN | EPOLLONESHOT, (uint64_t)i) == 0);
  SHOW(epoll_wait(epoll, (struct epoll_event*)8, 3, 0));
  show_ready("one-shots", epoll);
  show_ready("once", epoll);
}
