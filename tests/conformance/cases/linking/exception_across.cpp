// Exceptions through frames of several libraries, with destructors on the way: the Itanium C++ ABI.
// library: thrower
// library: middle -lthrower -Wl,-rpath,$ORIGIN
// libs: -lmiddle -lthrower
#include <exception>
#include <stdexcept>

#include "library.h"

struct Special : std::runtime_error {
  using std::runtime_error::runtime_error;
  virtual int number() const { return 77; }
};
void throws(int kind);
void passes(int kind);

#if defined LIBRARY_thrower
void throws(int kind) {
  if (kind == 0) throw Special("special");
  if (kind == 1) throw std::out_of_range("out of range");
  if (kind == 2) throw 42;
}
#elif defined LIBRARY_middle
struct Guard {
  ~Guard() { say("guard gone\n"); }
};
void passes(int kind) {
  Guard guard;
  try {
    throws(kind);
  } catch (const std::logic_error& error) {
    say("middle saw %s\n", error.what());
    throw;
  }
  say("nothing thrown\n");
}
#else
CASE {
  for (int kind = 0; kind < 4; kind++) {
    try {
      passes(kind);
    } catch (const Special& special) {
      say("%s %d\n", special.what(), special.number());
    } catch (const std::exception& error) {
      say("some exception: %s\n", error.what());
    } catch (int number) {
      say("number %d\n", number);
    }
  }
}
#endif
