// Arguments arrive as given: empty, with spaces, with special characters: execve(2).
// args: "" "two words" '$HOME "quoted" *' -v -- --rw "last one"
// variants: static,musl
#define KX_CASE_OWN_MAIN
#include "case.h"

int main(int argc, char** argv) {
  SHOW(argc);
  for (int i = 2; i < argc; i++) say("%d [%s]\n", i, argv[i]);
  CHECK(argv[argc] == NULL);
  CHECK(strstr(argv[0], "elf/arguments") != NULL);
}
