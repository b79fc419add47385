// What a version's kx_lib_update is to be told of, and what stays an obstacle, by real libraries.
#include "hypervisor/libraries/pairing.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

namespace kx::hv::libraries {
namespace {

ElfFile read_library(const std::string& name) {
  const int fd = ::open((KX_LAYOUT_LIBRARIES "/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  auto file = ElfFile::read(fd);
  ::close(fd);
  EXPECT_TRUE(file) << file.error().what;
  return std::move(file).value();
}

std::vector<std::string> names(const Pairing& pairing) {
  std::vector<std::string> list;
  for (const ChangedVariable& each : pairing.changed) {
    list.push_back(each.name);
  }
  std::sort(list.begin(), list.end());
  return list;
}

bool names_obstacle(const Pairing& pairing, const std::string& text) {
  return std::any_of(pairing.obstacles.begin(), pairing.obstacles.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

TEST(Pairing, AnotherLayoutIsAnObstacleWithoutAHook) {
  const Pairing pairing = pair_versions(read_library("liblayout-1.so"), read_library("liblayout-2.so"));
  EXPECT_EQ(pairing.hook, 0U);
  EXPECT_TRUE(pairing.changed.empty());
  EXPECT_TRUE(names_obstacle(pairing, "variable table: 16 bytes before, 32 now, and the version to come exports no"));
  EXPECT_TRUE(names_obstacle(pairing, "symbol shown: 4 bytes before, 8 now"));
}

TEST(Pairing, AHookIsToldOfWhatChanged) {
  const Pairing pairing = pair_versions(read_library("liblayout-1.so"), read_library("liblayout-2h.so"));
  EXPECT_TRUE(pairing.obstacles.empty()) << pairing.obstacles.front();
  EXPECT_NE(pairing.hook, 0U);
  EXPECT_TRUE(pairing.follow_pointers);
  EXPECT_EQ(names(pairing), (std::vector<std::string>{"counter", "gone", "shown", "table"}));
  EXPECT_TRUE(std::is_sorted(pairing.changed.begin(), pairing.changed.end(),
                             [](const auto& a, const auto& b) { return a.from < b.from; }));
  for (const ChangedVariable& each : pairing.changed) {
    EXPECT_EQ(each.exported, each.name == "shown");
    EXPECT_EQ(each.to_size, each.name == "gone" ? 0 : 2 * each.from_size);
    EXPECT_EQ(each.to != 0, each.name != "gone");
    for (const Pair& object : pairing.objects) {
      EXPECT_TRUE(object.from + object.size <= each.from || each.from + each.from_size <= object.from);
    }
  }
}

TEST(Pairing, TheHookOfTheVersionToComeCounts) {
  const Pairing back = pair_versions(read_library("liblayout-2h.so"), read_library("liblayout-1.so"));
  EXPECT_EQ(back.hook, 0U);
  EXPECT_TRUE(names_obstacle(back, "variable table: 32 bytes before, 16 now"));
  const Pairing same = pair_versions(read_library("liblayout-2.so"), read_library("liblayout-2h.so"));
  EXPECT_TRUE(same.obstacles.empty());
  EXPECT_NE(same.hook, 0U);
  EXPECT_TRUE(same.changed.empty());
}

TEST(Pairing, WithoutSymbolTablesAHookDoesNotHelp) {
  const Pairing pairing = pair_versions(read_library("liblayout-1.so"), read_library("liblayout-2hs.so"));
  EXPECT_EQ(pairing.hook, 0U);
  EXPECT_FALSE(pairing.obstacles.empty());
}

}  // namespace
}  // namespace kx::hv::libraries
