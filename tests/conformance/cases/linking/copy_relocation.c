// A program with a fixed place holds a copy of a library's variable, which the library uses too: the System V ABI.
// library: holder
// libs: -lholder
// flags: -fno-pie -no-pie
#include "library.h"

#ifdef LIBRARY_holder
int numbers[4] = {1, 2, 3, 4};
int* numbers_inside(void) {
  return numbers;
}
int sum(void) {
  return numbers[0] + numbers[1] + numbers[2] + numbers[3];
}
#else
extern int numbers[4];
int* numbers_inside(void);
int sum(void);

CASE {
  SHOW(sum());
  numbers[0] = 100;
  SHOW(sum());
  CHECK(numbers == numbers_inside());
  CHECK(dlsym(RTLD_DEFAULT, "numbers") == numbers);
  CHECK(must_find(must_open("libholder.so", RTLD_NOW), "numbers") != numbers);
  // The standard streams are such variables.
  CHECK(&stdout != NULL && *(FILE**)dlsym(RTLD_DEFAULT, "stdout") == stdout);
}
#endif
