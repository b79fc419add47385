// What the library OS's sources need on the host.
#include <cstdio>
#include <cstdlib>
#include <kx/base/verify.hpp>

namespace kx {

void verify_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "KX_VERIFY(%s) failed at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace kx
