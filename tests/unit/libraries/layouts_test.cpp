// What the reader of debug information says (kx-layouts), as the family takes it, whoever wrote it.
#include "hypervisor/libraries/layouts.hpp"

#include <gtest/gtest.h>

#include <string>

#include "hypervisor/libraries/layout_comparison.hpp"

namespace kx::hv::libraries {

namespace {

using State = Layouts::State;

constexpr const char* small =
    "kx-layouts 1\n"
    "base 5 4 int\n"
    "array 3 0\n"
    "struct 16 2 ns::point <int, 2>\n"
    "member 0 0 0 x\n"
    "member 32 0 1 \n"
    "file a.c\n"
    "variable 1 4096 2 f::held\n"
    "variable 2 16 0 mine\n"
    "variable 0 16 0 other\n"
    "end\n";

TEST(Layouts, TellOfTypesAndVariables) {
  const Layouts layouts = Layouts::parse(small);
  ASSERT_EQ(layouts.state, State::Read) << layouts.problem;
  ASSERT_EQ(layouts.types.size(), 3u);
  EXPECT_EQ(layouts.types[2].name, "ns::point <int, 2>");
  EXPECT_EQ(layouts.types[2].members[0].name, "x");
  EXPECT_EQ(type_name(layouts, 1), "int[3]");
  ASSERT_NE(layouts.at(4096), nullptr);
  EXPECT_TRUE(layouts.at(4096)->in_function);
  EXPECT_EQ(layouts.at(4096)->file, "a.c");
  EXPECT_EQ(layouts.at(16)->name, "other");
  EXPECT_EQ(layouts.at(16, true)->name, "mine");
  EXPECT_EQ(layouts.at(17), nullptr);
}

TEST(Layouts, SayWhyThereAreNone) {
  EXPECT_EQ(Layouts::parse("none\n").state, State::None);
  const Layouts unusable = Layouts::parse("unusable it is \x1b[2J large\n");
  EXPECT_EQ(unusable.state, State::Unusable);
  EXPECT_EQ(unusable.problem, "it is ?[2J large");
  const Layouts failed = Layouts::parse("kx-layouts 1\nbase 5 4 i\nfailed its reader was ended by SIGSEGV\n");
  EXPECT_EQ(failed.state, State::Failed);
  EXPECT_EQ(failed.problem, "its reader was ended by SIGSEGV");
}

TEST(Layouts, ThatMakeNoSenseAreFailures) {
  const std::string whole = small;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(Layouts::parse(whole.substr(0, size)).state, State::Failed) << size;
  }
  for (const char* const text : {
           "none\nnone\n",
           "unusable a\nb\n",
           "kx-layouts 2\nend\n",
           "kx-layouts 1\nend\nend\n",
           "kx-layouts 1\narray 1 0\nend\n",
           "kx-layouts 1\nstruct 4 1 a\nmember 0 0 0 self\nend\n",
           "kx-layouts 1\nstruct 4 2 a\nend\n",
           "kx-layouts 1\nstruct 4 99999999999 a\nend\n",
           "kx-layouts 1\nbase 5 -4 int\nend\n",
           "kx-layouts 1\nbase 5 4int\nend\n",
           "kx-layouts 1\nbase 5 99999999999999999999 int\nend\n",
           "kx-layouts 1\nenum 4 1 e\nmember 0 0 0 a\nend\n",
           "kx-layouts 1\nbase 5 4 int\nvariable 4 0 0 a\nend\n",
           "kx-layouts 1\nvariable 0 0 0 a\nend\n",
       }) {
    EXPECT_EQ(Layouts::parse(text).state, State::Failed) << text;
  }
}

TEST(Layouts, OfEndlessDepthAreDifferent) {
  std::string text = "kx-layouts 1\nbase 5 4 int\n";
  for (int i = 0; i < 100'000; ++i) {
    text += "struct 4 1 \nmember 0 0 " + std::to_string(i) + " a\n";
  }
  const Layouts layouts = Layouts::parse(text + "struct 4 1 outer\nmember 0 0 100000 a\nend\n");
  ASSERT_EQ(layouts.state, State::Read);
  const auto lines = LayoutComparison(layouts, layouts).changed_types();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines.front().find("too deep to compare"), std::string::npos) << lines.front();
}

TEST(Layouts, ManyOfOneNameAreComparedInBoundedTime) {
  std::string before = "kx-layouts 1\nbase 5 4 int\n", now = before;
  for (int i = 0; i < 20'000; ++i) {
    before += "struct 4 1 same\nmember 0 0 0 a" + std::to_string(i) + "\n";
    now += "struct 4 1 same\nmember 0 0 0 b" + std::to_string(i) + "\n";
  }
  const Layouts old_layouts = Layouts::parse(before + "end\n"), new_layouts = Layouts::parse(now + "end\n");
  EXPECT_EQ(LayoutComparison(old_layouts, new_layouts).changed_types().size(), 50u);
}

}  // namespace

}  // namespace kx::hv::libraries
