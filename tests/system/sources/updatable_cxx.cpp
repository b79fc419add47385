// A C++ library in versions: objects with virtual functions, exceptions, an object that goes at exit.
#include "updatable_cxx.hpp"

#include <cstdio>

namespace {

struct Square : Shape {
  int side;
  explicit Square(int length) : side(length) {}
  int version() const override { return VERSION; }
  int area() const override { return side * side; }
};

struct Farewell {
  int made_by = VERSION;
  ~Farewell() { std::printf("static object of %d goes, version %d\n", made_by, VERSION); }
};

}  // namespace

Shape::~Shape() = default;

Shape* make_square(int side) {
  static Farewell farewell;
  return new Square(side);
}

int library_version() {
  return VERSION;
}

void throw_through(void (*function)()) {
  try {
    function();
  } catch (const Problem& problem) {
    throw Problem{problem.value + 0 * VERSION, VERSION};
  }
}
