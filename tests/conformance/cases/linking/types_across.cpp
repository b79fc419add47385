// Types are the same in libraries that do not know each other: dynamic_cast, typeid, virtual calls: the C++ ABI.
// library: maker
// library: judge
#include <memory>
#include <typeinfo>

#include "library.h"

struct Shape {
  virtual ~Shape() = default;
  virtual int corners() const = 0;
};
struct Square : Shape {
  int corners() const override { return 4; }
};
struct Named {
  virtual ~Named() = default;
  virtual const char* name() const { return "named"; }
};

#if defined LIBRARY_maker
struct NamedSquare : Named, Square {
  const char* name() const override { return "named square"; }
  ~NamedSquare() override { say("named square gone\n"); }
};
extern "C" Shape* make() {
  return new NamedSquare;
}
#elif defined LIBRARY_judge
extern "C" void judge(Shape* shape) {
  CHECK(dynamic_cast<Square*>(shape) != nullptr);
  auto* named = dynamic_cast<Named*>(shape);
  say("%s, %d corners\n", named ? named->name() : "no name", shape->corners());
  CHECK(typeid(*shape) != typeid(Square));
}
#else
CASE {
  void *maker = must_open("libmaker.so", RTLD_NOW), *judge = must_open("libjudge.so", RTLD_NOW);
  std::unique_ptr<Shape> shape(FUNCTION(Shape * (), maker, "make")());
  FUNCTION(void(Shape*), judge, "judge")(shape.get());
  CHECK(dynamic_cast<Named*>(shape.get()) != nullptr);
  say("%s\n", typeid(*shape).name());
  Square plain;
  CHECK(dynamic_cast<Named*>(static_cast<Shape*>(&plain)) == nullptr);
  FUNCTION(void(Shape*), judge, "judge")(&plain);
}
#endif
