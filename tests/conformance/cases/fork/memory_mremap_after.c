// mremap in the child moves and grows its copy alone: mremap(2).
// marks: fork
#include "relatives.h"

CASE {
  const size_t old_size = 64 * KX_PAGE, new_size = 256 * KX_PAGE;
  char* memory = fresh_pages(64);
  for (size_t i = 0; i < old_size; i++) memory[i] = (char)(i / KX_PAGE);
  uint64_t before = checksum(memory, old_size);
  pid_t child;
  START(child) {
    char* moved = mremap(memory, old_size, new_size, MREMAP_MAYMOVE);
    NEED(moved != MAP_FAILED);
    say("child: same %d, new memory zero %d\n", checksum(moved, old_size) == before, moved[old_size] == 0);
    memset(moved, 'c', new_size);
  }
  reap("child", child);
  CHECK(checksum(memory, old_size) == before);
  char* moved = mremap(memory, old_size, new_size, MREMAP_MAYMOVE);
  NEED(moved != MAP_FAILED);
  CHECK(checksum(moved, old_size) == before);
  START(child) {
    char* shrunk = mremap(moved, new_size, 2 * KX_PAGE, 0);
    say("child shrinks: same place %d, %d\n", shrunk == moved, shrunk[KX_PAGE]);
    shrunk[2 * KX_PAGE] = 1;
  }
  reap("child that writes behind the shrunk region", child);
  SHOW(moved[63 * KX_PAGE]);
}
