// Relative relocations in the packed form, DT_RELR: ld(1), -z pack-relative-relocs.
// library: packed -Wl,-z,pack-relative-relocs
#include "library.h"

#ifdef LIBRARY_packed
#define FOUR(x) x, x, x, x
static int numbers[4] = {1, 2, 3, 4};
int* table[400] = {FOUR(&numbers[0]), FOUR(&numbers[1]), FOUR(&numbers[2]), FOUR(&numbers[3]), [399] = &numbers[3]};
const char* words[] = {"packed", "relative", "relocations"};
#else
CASE {
  void* library = must_open("libpacked.so", RTLD_NOW);
  int packed = 0, sum = 0, count = 0;
  for (const ElfW(Dyn)* entry = ((struct link_map*)library)->l_ld; entry->d_tag != DT_NULL; entry++)
    packed |= entry->d_tag == 36;
  SHOW(packed);
  int** table = (int**)must_find(library, "table");
  for (int i = 0; i < 400; i++) {
    if (table[i]) sum += *table[i], count++;
  }
  SHOW(sum);
  SHOW(count);
  const char** words = (const char**)must_find(library, "words");
  say("%s %s %s\n", words[0], words[1], words[2]);
}
#endif
