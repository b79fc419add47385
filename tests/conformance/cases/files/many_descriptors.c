// Several hundred open descriptors at once, closed in another order, numbers reused from the lowest: open(2).
#include "case.h"

CASE {
  enum { COUNT = 500 };
  int wrong = 0;
  char name[32];
  for (int i = 0; i < COUNT; i++) {
    snprintf(name, sizeof name, "f%d", i % 20);
    int fd = open(name, O_RDWR | O_CREAT, 0644);
    wrong += fd != i + 3;
  }
  SHOW(wrong);
  for (int i = 0; i < COUNT; i += 7) wrong += close(i + 3) != 0;
  for (int i = 0; i < COUNT; i += 7) wrong += dup(3 + 1) != i + 3;
  SHOW(wrong);
  for (int fd = 3; fd < COUNT + 3; fd++) wrong += close(fd) != 0;
  SHOW(wrong);
  SHOW(close(3));
  SHOW(dup(0));
}
