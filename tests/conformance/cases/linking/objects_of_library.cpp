// Static objects of a library, inline variables common to two, and those of functions: the Itanium C++ ABI.
// library: one -DWHO="one"
// library: two -DWHO="two"
// libs: -lone -ltwo
// flags: -rdynamic
#include "library.h"

#define TEXT_OF(word) #word
#define TEXT(word) TEXT_OF(word)
struct Noisy {
  const char* name;
  explicit Noisy(const char* text) : name(text) { say("made %s\n", name); }
  ~Noisy() { say("gone %s\n", name); }
};
inline Noisy shared("shared by all");
inline int& counter() {
  static int value = 100;
  return value;
}

#ifdef WHO
static Noisy own("object of " TEXT(WHO));
#ifdef LIBRARY_one
int& counter_of_one() {
  return ++counter();
}
#else
int& counter_of_two() {
  static Noisy late("late object of two");
  return ++counter();
}
#endif
#else
int& counter_of_one();
int& counter_of_two();
static Noisy own("object of the program");

CASE {
  SHOW(counter_of_one());
  SHOW(counter_of_two());
  SHOW(counter());
  CHECK(&counter_of_one() == &counter());
}
#endif
