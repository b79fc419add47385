// What libraries allocate: two versions that a compiler made.
#include <gtest/gtest.h>

#include <string>

#include "fixture.hpp"
#include "hypervisor/libraries/pairing.hpp"

namespace kx::hv::libraries {

namespace {

// MORE: a structure grows; FILLED: it does not, but is used otherwise; HOOK: the library says that it sees to that.
constexpr std::string_view source = R"(
#include <stdlib.h>
#include <string.h>
struct node { struct node *next; int number; char text[40];
#ifdef MORE
  long more;
#endif
};
static struct node *list;
static struct node *make(int number) {
  struct node *made = KIND;
  made->number = number;
  made->next = list;
  return made;
}
int add(int number) {
  list = make(number);
#ifdef FILLED
  memset(list->text, 7, sizeof list->text);
#endif
  return list->next != NULL;
}
char *copy(const char *text) { return strcpy(malloc(strlen(text) + 1), text); }
#ifdef HOOK
int kx_lib_update(const void *info) { return info == NULL; }
#endif
)";

class Allocations : public LibrariesTest, public testing::WithParamInterface<const char*> {
 protected:
  Pairing pair(const std::string& before, const std::string& now) const {
    const std::string kind = std::string(" '-DKIND=") + GetParam() + "'";
    return pair_versions(compile("before", source, before + kind), compile("now", source, now + kind));
  }
};

INSTANTIATE_TEST_SUITE_P(Allocators, Allocations,
                         testing::Values("malloc(sizeof *made)", "calloc(1, sizeof *made)",
                                         "realloc(NULL, sizeof *made)"));

TEST_P(Allocations, ThatGrowAreAnObstacle) {
  for (const char* const stripped : {"", " -s"}) {
    const Pairing pairing = pair(stripped, std::string("-DMORE") + stripped);
    ASSERT_EQ(pairing.obstacles.size(), 1u) << lines_of(pairing.obstacles);
    EXPECT_NE(pairing.obstacles.front().find("56"), std::string::npos) << pairing.obstacles.front();
    EXPECT_NE(pairing.obstacles.front().find("64"), std::string::npos) << pairing.obstacles.front();
  }
}

TEST_P(Allocations, ThatShrinkAreAnObstacle) {
  EXPECT_EQ(pair("-DMORE", "").obstacles.size(), 1u);
}

TEST_P(Allocations, OfTheSameSizeAreNone) {
  for (const char* const stripped : {"", " -s"}) {
    EXPECT_EQ(lines_of(pair(stripped, std::string("-DFILLED") + stripped).obstacles), "");
  }
}

TEST_P(Allocations, AreForTheHookToSeeTo) {
  const Pairing pairing = pair("", "-DMORE -DHOOK");
  EXPECT_EQ(lines_of(pairing.obstacles), "");
  EXPECT_NE(lines_of(pairing.notes).find("laid out otherwise"), std::string::npos);
}

}  // namespace

}  // namespace kx::hv::libraries
