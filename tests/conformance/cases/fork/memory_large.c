// A region of 48 MiB is the same in the child, and what each changes stays its own: fork(2).
// marks: fork
#include "relatives.h"

enum { count = 12288 };

CASE {
  char* memory = fresh_pages(count);
  for (long i = 0; i < count; i++) memory[i * KX_PAGE] = (char)(i * 7);
  struct gate to_child = make_gate();
  pid_t child;
  START(child) {
    pass_gate(to_child);
    long right = 0;
    for (long i = 0; i < count; i++) right += memory[i * KX_PAGE] == (char)(i * 7);
    for (long i = 0; i < count; i += 3) memory[i * KX_PAGE + 1] = 'c';
    say("child: %ld pages right\n", right);
  }
  for (long i = 0; i < count; i += 2) memory[i * KX_PAGE] = 'p';
  open_gate(to_child);
  reap("child", child);
  long own = 0, kept = 0, foreign = 0;
  for (long i = 0; i < count; i++) {
    own += i % 2 == 0 && memory[i * KX_PAGE] == 'p';
    kept += i % 2 != 0 && memory[i * KX_PAGE] == (char)(i * 7);
    foreign += memory[i * KX_PAGE + 1] != 0;
  }
  say("parent: %ld %ld %ld\n", own, kept, foreign);
}
