// vmsplice puts memory into a pipe, which a child reads: vmsplice(2).
// marks: fork
#include <sys/uio.h>

#include "relatives.h"

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  pid_t child;
  START(child) {
    close(ends[1]);
    char text[16] = "";
    long total = 0, sum = 0, got;
    static char block[10000];
    while ((got = read(ends[0], block, sizeof block)) > 0) {
      if (total == 0) memcpy(text, block, 5);
      for (long i = 0; i < got; i++) sum += block[i];
      total += got;
    }
    say("child: %s, %ld bytes, sum %ld\n", text, total, sum);
  }
  char* memory = fresh_pages(4);
  memset(memory, 1, 4 * KX_PAGE);
  struct iovec vectors[2] = {{"hello", 5}, {memory, 4 * KX_PAGE}};
  SHOW(vmsplice(ends[1], vectors, 2, 0));
  close(ends[0]);
  close(ends[1]);
  reap("child", child);
}
