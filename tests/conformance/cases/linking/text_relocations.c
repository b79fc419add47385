// A library that has to be relocated in its text: ld(1), -z notext.
// library: written -Wl,-z,notext
#include "library.h"

#ifdef LIBRARY_written
int value = 31;
__asm__(
    ".text\n.globl absolute\n.type absolute, @function\n"
    "absolute: movabs $value, %rax\n mov (%rax), %eax\n ret\n.size absolute, .-absolute\n"
    ".globl number\n.type number, @function\n"
    "number: mov $39, %eax\n syscall\n ret\n.size number, .-number\n");
#else
CASE {
  void* library = must_open("libwritten.so", RTLD_NOW);
  int textual = 0;
  for (const ElfW(Dyn)* entry = ((struct link_map*)library)->l_ld; entry->d_tag != DT_NULL; entry++)
    textual |= entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL));
  SHOW(textual);
  SHOW(FUNCTION(int(void), library, "absolute")());
  for (int i = 0; i < 3; i++) CHECK(FUNCTION(int(void), library, "number")() == getpid());
}
#endif
