// Symbols of needed libraries are sought breadth first, the program's own before all: the System V ABI.
// library: deep -DWHO="deep" -DDEEP
// library: left -ldeep -Wl,-rpath,$ORIGIN
// library: right -DWHO="right"
// libs: -lleft -lright
// flags: -rdynamic
#include "library.h"

#if defined WHO
#define TEXT_OF(word) #word
#define TEXT(word) TEXT_OF(word)
const char* whose(void) {
  return TEXT(WHO);
}
const char* whose_but_the_program(void) {
  return TEXT(WHO);
}
#elif defined LIBRARY_left
const char* whose(void);
const char* whose_but_the_program(void);
void ask(void) {
  say("%s, %s\n", whose(), whose_but_the_program());
}
#else
void ask(void);
const char* whose(void) {
  return "program";
}

CASE {
  ask();
}
#endif
