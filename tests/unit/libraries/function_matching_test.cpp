// Functions of stripped libraries: those of two versions that a compiler made, judged by what their symbols say.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "fixture.hpp"
#include "hypervisor/libraries/pairing.hpp"

namespace kx::hv::libraries {

namespace {

// Operations in tables, as libraries of ciphers have them: static functions that differ in little, some of them in
// several tables. NEWER changes constants, adds an operation and one to a table, and makes two of what one did before.
constexpr std::string_view source = R"(
#include <stdlib.h>
struct state { int kind, line; const char *name; };
#ifdef NEWER
#define LINE 1000
#else
#define LINE 100
#endif
typedef int operation(struct state *, int);
struct table { const char *name; operation *of[4]; };

__attribute__((noinline)) static int fail(struct state *s, int line) { s->line = line; return -1; }
static int reset(struct state *s, int x) { s->kind = x; return 0; }
static int finish(struct state *s, int x) { return s->kind == x ? s->line : fail(s, LINE + 1); }

#define OPERATIONS(name, factor)                                                                             \
  static int name##_first(struct state *s, int x) { return x < 0 ? fail(s, LINE + factor) : x * factor; }     \
  static int name##_next(struct state *s, int x) { return x > factor ? fail(s, LINE - factor) : x + factor; } \
  static const struct table name##_table = {#name " operations", {reset, name##_first, name##_next, finish}};
OPERATIONS(one, 11)
OPERATIONS(two, 23)
#ifdef NEWER
OPERATIONS(added, 31)
#endif
OPERATIONS(three, 37)
OPERATIONS(four, 41)

static int both(struct state *s, int x) { return x % 7 == 0 ? fail(s, LINE) : s->kind * x; }
#ifdef NEWER
static int other(struct state *s, int x) { return x % 9 == 0 ? fail(s, 9) : s->kind / x; }
#else
#define other both
#endif
#ifdef SPLIT
static const struct table split = {"operations that part", {reset, both, other, finish}};
#endif

static const struct table *const tables[] = {&one_table, &two_table,
#ifdef NEWER
  &added_table,
#endif
#ifdef SPLIT
  &split,
#endif
  &three_table, &four_table, NULL};

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b + LINE - LINE; }
int run(int *numbers, int count) {
  const struct table *const volatile *all = tables;
  qsort(numbers, count, sizeof *numbers, compare);
  struct state s = {LINE, 0, "state"};
  int sum = 0;
  for (int i = 0; all[i] != NULL; ++i) sum += all[i]->of[count % 4](&s, numbers[0]);
  return sum;
}
)";

class FunctionMatching : public LibrariesTest {
 protected:
  ElfFile build(const std::string& name, const std::string& options) const { return compile(name, source, options); }
};

using Functions = std::map<std::uint64_t, std::uint64_t>;

Functions functions_of(const Pairing& pairing) {
  Functions functions;
  for (const Pair& each : pairing.functions) {
    functions.emplace(each.from, each.to);
  }
  return functions;
}

}  // namespace

TEST_F(FunctionMatching, TellsWhatSymbolsTell) {
  const Pairing named = pair_versions(build("n1", ""), build("n2", "-DNEWER"));
  const Pairing unnamed = pair_versions(build("s1", "-s"), build("s2", "-DNEWER -s"));
  EXPECT_EQ(lines_of(unnamed.obstacles), "");
  EXPECT_GE(unnamed.functions.size(), 11u);  // eight operations, reset, finish, compare
  const Functions wanted = functions_of(named);
  for (const Pair& each : unnamed.functions) {
    const auto found = wanted.find(each.from);
    if (found != wanted.end()) {
      EXPECT_EQ(each.to, found->second) << std::hex << each.from;
    }
  }
}

TEST_F(FunctionMatching, TellsThemOnTheWayBack) {
  const Pairing named = pair_versions(build("n2", "-DNEWER"), build("n1", ""));
  const Pairing unnamed = pair_versions(build("s2", "-DNEWER -s"), build("s1", "-s"));
  const Functions wanted = functions_of(named);
  for (const Pair& each : unnamed.functions) {
    const auto found = wanted.find(each.from);
    EXPECT_TRUE(found == wanted.end() || found->second == each.to) << std::hex << each.from;
  }
  // The operations that were added have no counterpart, and are not given anybody's.
  EXPECT_EQ(unnamed.obstacles.size(), named.obstacles.size())
      << lines_of(unnamed.obstacles) << lines_of(named.obstacles);
}

// Nearly all code differs: little is told, and nothing that is wrong.
TEST_F(FunctionMatching, IsNotWrongAboutAnotherCompilersWork) {
  for (const std::string options : {"-O1", "-O3", "-Os"}) {
    const Functions wanted = functions_of(pair_versions(build("n1", ""), build("n2", "-DNEWER " + options)));
    const Pairing unnamed = pair_versions(build("s1", "-s"), build("s2", "-DNEWER -s " + options));
    for (const Pair& each : unnamed.functions) {
      const auto found = wanted.find(each.from);
      EXPECT_TRUE(found == wanted.end() || found->second == each.to) << options << ": " << std::hex << each.from;
    }
  }
}

TEST_F(FunctionMatching, DoesNotDecideWhichOfTwoAFunctionIs) {
  const Pairing pairing = pair_versions(build("s1", "-DSPLIT -s"), build("s2", "-DSPLIT -DNEWER -s"));
  ASSERT_EQ(pairing.obstacles.size(), 1u) << lines_of(pairing.obstacles);
  EXPECT_NE(pairing.obstacles.front().find("pointers to it may be held"), std::string::npos);
}

}  // namespace kx::hv::libraries
