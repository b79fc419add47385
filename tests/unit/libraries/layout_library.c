// A library of which pairing_test.cpp pairs two versions (-DVERSION=N): some variables have another size in the second.
#ifdef HOOK
struct kx_lib_update_info;
int kx_lib_update(const struct kx_lib_update_info *info);
int kx_lib_update(const struct kx_lib_update_info *info) { return info != 0; }
#endif

int shown[VERSION] = {1};
int shown_and_steady[2] = {1, 2};
static char table[16 * VERSION] = {1};
static int steady = 3;
#if VERSION == 1
static int gone = 4;
#endif

int *use(int index);
int *use(int index) {
  static int counter[VERSION];
  counter[0] += index + table[index] + steady;
  table[index] = (char)counter[0];
#if VERSION == 1
  gone += counter[0];
#endif
  shown[0] += steady++;
  return counter;
}
