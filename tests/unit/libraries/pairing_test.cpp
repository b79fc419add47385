// What a version's kx_lib_update is to be told of, and what stays an obstacle, by real libraries.
#include "hypervisor/libraries/pairing.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
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

TEST(Pairing, DamagedVersionsWithAHookEndCleanly) {
  std::ifstream stream(KX_LAYOUT_LIBRARIES "/liblayout-2h.so", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const ElfFile before = read_library("liblayout-1.so");
  std::mt19937 random(4711);
  int hooks = 0;
  for (int turn = 0; turn < 3000; ++turn) {
    std::vector<std::byte> damaged(whole.size());
    std::transform(whole.begin(), whole.end(), damaged.begin(), [](char c) { return static_cast<std::byte>(c); });
    for (int change = 0; change < 4; ++change) {
      damaged[random() % damaged.size()] = static_cast<std::byte>(random());
    }
    const auto now = ElfFile::parse(std::move(damaged));
    if (!now) {
      continue;
    }
    for (const Pairing& pairing : {pair_versions(before, *now), pair_versions(*now, before)}) {
      EXPECT_TRUE(pairing.changed.empty() || pairing.hook != 0);
      EXPECT_LE(pairing.changed.size(), 1024U);
      hooks += pairing.hook != 0 ? 1 : 0;
    }
  }
  EXPECT_GT(hooks, 100);
}

}  // namespace
}  // namespace kx::hv::libraries
