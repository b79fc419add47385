// Uses the library `chosen` each time it reads a line, and says what its functions are.
#include <stdio.h>

int chosen(int), chosen_version(void), chosen_by_library(int), chosen_inside(int);
int (*chosen_pointer(void))(int);

static int (*volatile held)(int) = chosen;

int main(void) {
  int (*const volatile held_inside)(int) = chosen_pointer();
  char line[64];
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  while (fgets(line, sizeof line, stdin) != NULL) {
    printf("%d: %d", chosen_version(), held(0));
    if (line[0] == 'a') {  // what else is not called before then
      printf(" %d %d %d %d", chosen(0), chosen_by_library(0), chosen_inside(1), held_inside(1));
    }
    puts("");
  }
  return 0;
}
