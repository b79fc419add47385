// Memory of the old program, shared memory too, is not there after exec; the parent's is: execve(2).
// marks: fork
#include "rerun.h"

static int value = 1;

AGAIN {
  unsigned char residence;
  SHOW(value);
  char* place = (char*)strtoul(words[0], NULL, 16);
  STATUS(mincore(place, KX_PAGE, &residence));
  CHECK(sbrk(0) != NULL);
  return 0;
}

CASE {
  // Low enough that no loader puts anything there.
  char* place = mmap((void*)0x200000000, KX_PAGE, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  NEED(place != MAP_FAILED);
  *place = 'p';
  value = 2;
  pid_t child;
  START(child) {
    char text[32];
    *place = 'c';
    snprintf(text, sizeof text, "%lx", (unsigned long)place);
    rerun(text, NULL);
  }
  reap("child", child);
  say("%c %d\n", *place, value);
}
