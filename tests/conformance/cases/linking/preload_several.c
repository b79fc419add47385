// Several preloaded libraries, the first wins; one that is not there is a complaint only: ld.so(8).
// library: first -DWHO="first"
// library: second -DWHO="second"
#if defined LIBRARY_first || defined LIBRARY_second
#define TEXT_OF(word) #word
#define TEXT(word) TEXT_OF(word)
#include "library.h"

const char* setlocale(int category, const char* locale) {
  (void)category, (void)locale;
  return TEXT(WHO);
}
__attribute__((constructor)) static void begin(void) {
  say("constructor of " TEXT(WHO) "\n");
}
#else
#include <locale.h>

#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  copy_library("first", "first.so");
  copy_library("second", "second.so");
  setenv("LD_PRELOAD", "./second.so ./nothing.so:./first.so", 1);
  rerun("again", NULL);
}
AGAIN {
  say("%s\n", setlocale(LC_ALL, ""));
  return 0;
}
#endif
