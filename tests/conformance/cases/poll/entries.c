// Negative descriptors, closed ones, the same one twice, and stale results: poll(2).
// variants: musl
#include "readiness.h"

CASE {
  int ends[2], gone[2];
  make_pipe(ends);
  make_pipe(gone);
  NEED(close(gone[0]) == 0 && close(gone[1]) == 0);
  must_write(ends[1], "x");
  struct pollfd entries[8] = {{-1, POLLIN, 0x7f},      {ends[0], POLLIN, 0x7f},      {ends[0], POLLIN | POLLOUT, 0x7f},
                              {ends[0], 0, 0x7f},      {INT_MIN, POLLIN | 0x40, -1}, {gone[0], 0, 0},
                              {ends[1], POLLIN, 0x7f}, {INT_MAX, POLLIN, 0}};
  SHOW(poll(entries, 8, -1));
  for (int i = 0; i < 8; i++) say("%d: %s\n", i, event_names((uint16_t)entries[i].revents));
  for (int i = 0; i < 8; i++) NEED(entries[i].fd != 0);
  SHOW(entries[4].events);
  SHOW(poll(entries, 1, 5));
  SHOW(poll(entries + 6, 1, 5));
  SHOW(entries[6].revents);
  SHOW(poll(NULL, 0, 0));
  SHOW(poll((void*)8, 0, 1));
  SHOW(poll((void*)8, 1, -1));
  SHOW(poll(entries, (nfds_t)-1, 0));
  SHOW(poll(entries, (nfds_t)1 << 30, 0));
}
