#include <cstdio>
#include <cstdlib>
#include <kx/base/verify.hpp>

namespace kx {

void verify_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "kx: internal error at %s:%d: %s does not hold\n", file, line, expression);
  std::abort();
}

}  // namespace kx
