// -Bsymbolic binds a library to itself, -Bsymbolic-functions its functions only: ld(1).
// library: loose -DNAME=loose
// library: bound -Wl,-Bsymbolic -DNAME=bound
// library: half -Wl,-Bsymbolic-functions -DNAME=half
// flags: -rdynamic -fPIE
#include "library.h"

#ifdef NAME
int variable = 1;
int function(void) {
  return 1;
}
int ask(void) {
  return function() * 10 + variable;
}
#else
int variable = 2;
int function(void) {
  return 2;
}

CASE {
  SHOW(FUNCTION(int(void), must_open("libloose.so", RTLD_NOW), "ask")());
  SHOW(FUNCTION(int(void), must_open("libbound.so", RTLD_NOW), "ask")());
  SHOW(FUNCTION(int(void), must_open("libhalf.so", RTLD_NOW), "ask")());
}
#endif
