// Uses the C++ library in a loop; see updated.c.
#include <cstdio>
#include <cstring>

#include "updatable_cxx.hpp"

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  Shape* const shape = make_square(2);
  char line[64];
  std::puts("ready");
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    int caught = 0, thrown = 0;
    try {
      throw_through([] { throw Problem{1, 0}; });
    } catch (const Problem& problem) {
      caught = problem.thrown_by;
      thrown = problem.value;
    }
    std::printf("%d: square %d area %d, caught %d thrown %d\n", library_version(), shape->version(), shape->area(),
                caught, thrown);
  }
}
