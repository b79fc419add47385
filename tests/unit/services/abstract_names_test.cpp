// Names of the family's for abstract names of the host's.
#include "hypervisor/ipc/abstract_names.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

namespace {

using kx::hv::ipc::AbstractNames;

AbstractNames::Name name(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST(AbstractNames, AreTranslatedBothWays) {
  AbstractNames names;
  EXPECT_FALSE(names.at_host(name("a")));
  const auto host = names.make(name("a"));
  ASSERT_TRUE(host);
  EXPECT_EQ(names.at_host(name("a")), host);
  EXPECT_EQ(names.make(name("a")), host);
  EXPECT_EQ(names.of_family(*host), name("a"));
  const auto empty = names.make(name(""));
  ASSERT_TRUE(empty);
  EXPECT_NE(empty, host);
  EXPECT_EQ(names.of_family(*empty), name(""));
}

TEST(AbstractNames, AreNoOtherFamilys) {
  AbstractNames names, others;
  const auto host = names.make(name("a"));
  ASSERT_TRUE(host && others.make(name("a")));
  EXPECT_NE(host, others.at_host(name("a")));
  EXPECT_FALSE(others.of_family(*host));
  EXPECT_FALSE(names.of_family(name("a")));
  auto changed = *host;
  changed.back() ^= std::byte{0xff};
  EXPECT_FALSE(names.of_family(changed));
}

TEST(AbstractNames, ChosenOnesAreNew) {
  AbstractNames names;
  const auto first = names.choose();
  EXPECT_EQ(first.size(), 5U);
  ASSERT_TRUE(names.make(first));
  EXPECT_NE(names.choose(), first);
}

TEST(AbstractNames, ThoseThatNobodyUsesMakeRoom) {
  AbstractNames names;
  for (std::size_t i = 0; i <= AbstractNames::most_names; ++i) {
    ASSERT_TRUE(names.make(name(std::to_string(i))));
  }
  EXPECT_FALSE(names.at_host(name("0")));
  EXPECT_TRUE(names.at_host(name(std::to_string(AbstractNames::most_names))));
}

}  // namespace
