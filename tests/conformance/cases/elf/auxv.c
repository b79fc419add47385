// The auxiliary vector has the entries that programs rely on: getauxval(3).
// variants: static,static-pie,no-pie,musl
#define KX_CASE_OWN_MAIN
#include <elf.h>
#include <sys/auxv.h>

#include "case.h"

int main(int argc, char** argv) {
  CHECK(argc == 2);
  CHECK(getauxval(AT_PHDR) != 0);
  say("page %lu phent %lu ticks %lu secure %lu\n", getauxval(AT_PAGESZ), getauxval(AT_PHENT), getauxval(AT_CLKTCK),
      getauxval(AT_SECURE));
  CHECK(getauxval(AT_PHNUM) > 2);
  const Elf64_Phdr* headers = (const Elf64_Phdr*)getauxval(AT_PHDR);
  CHECK(headers[0].p_type == PT_PHDR || headers[0].p_type == PT_LOAD);
  CHECK(getauxval(AT_ENTRY) != 0);
  CHECK(getauxval(AT_UID) == getuid() && getauxval(AT_EGID) == getegid());
  const unsigned char* random = (const unsigned char*)getauxval(AT_RANDOM);
  int nonzero = 0;
  for (int i = 0; i < 16; i++) nonzero += random[i] != 0;
  CHECK(nonzero > 8);
  say("platform %s\n", (const char*)getauxval(AT_PLATFORM));
  CHECK(strcmp((const char*)getauxval(AT_EXECFN), argv[0]) == 0);
  CHECK(getauxval(AT_HWCAP) != 0);
  CHECK(getauxval(AT_MINSIGSTKSZ) >= 1024);
  CHECK(getauxval(AT_SYSINFO_EHDR) != 0);
  CHECK(memcmp((const void*)getauxval(AT_SYSINFO_EHDR), "\177ELF", 4) == 0);
  errno = 0;
  say("unknown %lu %s\n", getauxval(9999), errno_name(errno));
}
