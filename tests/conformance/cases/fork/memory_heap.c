// Heap memory is private, and the allocator works on in both processes: fork(2).
// marks: fork
// variants: musl
#include "relatives.h"

CASE {
  char* blocks[200];
  for (int i = 0; i < 200; i++) {
    blocks[i] = malloc((size_t)(i * 37 + 16));
    snprintf(blocks[i], 16, "block %d", i);
  }
  pid_t child;
  struct gate gate = make_gate();
  START(child) {
    pass_gate(gate);
    int right = 0;
    for (int i = 0; i < 200; i++) {
      char text[16];
      snprintf(text, sizeof text, "block %d", i);
      right += strcmp(blocks[i], text) == 0;
      free(blocks[i]);
    }
    for (int i = 0; i < 200; i++) memset(malloc(1000), 'c', 1000);
    say("child finds %d blocks right\n", right);
  }
  for (int i = 0; i < 200; i++) strcpy(blocks[i], "parent's");
  open_gate(gate);
  reap("child", child);
  int right = 0;
  for (int i = 0; i < 200; i++) right += strcmp(blocks[i], "parent's") == 0;
  SHOW(right);
}
