// Exceptions, static objects and destructors in parent and child: C++.
// marks: fork
#include <map>
#include <stdexcept>
#include <string>

#include "relatives.h"

namespace {

const char* who = "parent";

struct Tracer {
  ~Tracer() { say("%s: destructor, %zu entries\n", who, entries.size()); }
  std::map<int, std::string> entries;
};

Tracer tracer;

[[gnu::noinline]] int thrower(int value) {
  if (value > 0) throw std::out_of_range(std::string(who) + " throws");
  return value;
}

}  // namespace

CASE {
  for (int i = 0; i < 100; i++) tracer.entries[i] = std::to_string(i);
  try {
    pid_t child = must_fork();
    if (child == 0) {
      who = "child";
      tracer.entries[1000] = "one more";
      thrower(1);
    }
    reap("child", child);
    thrower(2);
  } catch (const std::out_of_range& error) {
    say("%s: %s\n", who, error.what());
    if (*who == 'c') exit(4);
  }
}
