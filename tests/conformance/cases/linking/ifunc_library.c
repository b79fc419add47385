// An indirect function of a needed library: called, called by the library itself, and by its address: GNU ifunc.
// library: chosen -Wl,-z,lazy
// libs: -lchosen
// variants: no-pie
#include "library.h"

#ifdef LIBRARY_chosen
static int slow(int value) {
  return value + 1000;
}
static int quick(int value) {
  return value + 1;
}
static int (*resolve(void))(int) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse2") ? quick : slow;
}
__attribute__((ifunc("resolve"))) int work(int value);
int (*work_address(void))(int) {
  return work;
}
int work_inside(int value) {
  return work(value) * 2;
}
#else
int work(int value);
int (*work_address(void))(int);
int work_inside(int value);
static int (*in_data)(int) = work;

CASE {
  SHOW(work(1));
  SHOW(work_inside(1));
  SHOW(work_address()(1));
  SHOW(in_data(1));
  CHECK(work_address() == work);
  CHECK(in_data == work);
  int (*volatile found)(int) = (int (*)(int))dlsym(RTLD_DEFAULT, "work");
  SHOW(found(1));
}
#endif
