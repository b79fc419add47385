// Each page is written first by a different process; each process sees its own: fork(2).
// marks: fork
#include "relatives.h"

enum { processes = 6, pages = 96 };

CASE {
  char* memory = fresh_pages(pages);
  memset(memory, 'o', pages * KX_PAGE);
  pid_t children[processes];
  for (int who = 0; who < processes; who++) {
    START(children[who]) {
      int wrong = 0;
      for (int page = who; page < pages; page += processes) memset(memory + page * KX_PAGE, 'a' + who, KX_PAGE);
      for (int page = 0; page < pages; page++) {
        char expected = page % processes == who ? (char)('a' + who) : 'o';
        for (int i = 0; i < KX_PAGE; i++) wrong += memory[page * KX_PAGE + i] != expected;
      }
      _exit(wrong == 0 ? who : 99);
    }
  }
  for (int who = 0; who < processes; who++) reap("child", children[who]);
  int wrong = 0;
  for (int i = 0; i < pages * KX_PAGE; i++) wrong += memory[i] != 'o';
  SHOW(wrong);
}
