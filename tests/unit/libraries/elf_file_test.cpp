// What an update reads of libraries: this very program serves as one, as it is position-independent and dynamic.
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "hypervisor/libraries/elf_identity.hpp"
#include "hypervisor/libraries/elf_image.hpp"
#include "hypervisor/libraries/pairing.hpp"
#include "hypervisor/libraries/static_variables.hpp"

namespace kx::hv::libraries {
namespace {

int counted_here() {
  static int elf_file_test_count = 41;
  return ++elf_file_test_count;
}

int counted_there() {
  static int elf_file_test_count = 71;
  return ++elf_file_test_count;
}

ElfFile read_self() {
  const int fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  auto file = ElfFile::read(fd);
  ::close(fd);
  EXPECT_TRUE(file) << file.error().what;
  return std::move(file).value();
}

// One of the C library's.
std::vector<std::byte> small_library() {
  void* const handle = ::dlopen("libutil.so.1", RTLD_NOW);
  link_map* map = nullptr;
  EXPECT_TRUE(handle != nullptr && ::dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0);
  std::ifstream file(map->l_name, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<std::byte> result(bytes.size());
  std::transform(bytes.begin(), bytes.end(), result.begin(), [](char c) { return static_cast<std::byte>(c); });
  return result;
}

TEST(ElfFile, ReadsARealFile) {
  const ElfFile file = read_self();
  EXPECT_GT(file.end(), file.start());
  EXPECT_FALSE(file.dynamic().symbols().empty());
  EXPECT_FALSE(file.dynamic().relocations().empty());
  const auto needed = file.dynamic().needed();
  EXPECT_NE(std::find(needed.begin(), needed.end(), "libc.so.6"), needed.end());
}

TEST(ElfFile, TellsTextFromData) {
  const ElfFile file = read_self();
  const auto find = [&](std::string_view name) {
    const auto found = std::find_if(file.all_symbols().begin(), file.all_symbols().end(),
                                    [&](const Symbol& symbol) { return symbol.name == name; });
    EXPECT_NE(found, file.all_symbols().end()) << name;
    return found->raw.st_value;
  };
  EXPECT_TRUE(file.is_text(find("main")));
  EXPECT_FALSE(file.is_writable(find("main")));
  EXPECT_TRUE(file.is_writable(find("completed.0")));
}

TEST(ElfFile, RefusesWhatIsNoLibrary) {
  EXPECT_FALSE(ElfFile::parse({}));
  EXPECT_FALSE(ElfFile::parse(std::vector<std::byte>(4096)));
  std::vector<std::byte> other = small_library();
  other[EI_CLASS] = std::byte{ELFCLASS32};
  EXPECT_FALSE(ElfFile::parse(other));
}

TEST(ElfFile, EndsCleanlyOnDamagedFiles) {
  const std::vector<std::byte> whole = small_library();
  ASSERT_TRUE(ElfFile::parse(whole));
  for (std::size_t size = 0; size < whole.size(); size += 37) {
    static_cast<void>(ElfFile::parse({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}));
  }
  std::mt19937 random(4711);
  const auto original = ElfFile::parse(whole);
  for (int turn = 0; turn < 3000; ++turn) {
    std::vector<std::byte> damaged = whole;
    for (int change = 0; change < 4; ++change) {
      damaged[random() % (turn % 2 == 0 ? damaged.size() : 1600)] = static_cast<std::byte>(random());
    }
    if (const auto file = ElfFile::parse(damaged)) {
      static_cast<void>(pair_versions(*original, *file));
      static_cast<void>(pair_versions(*file, *original));
    }
  }
}

TEST(Pairing, PairsAFileWithItself) {
  const ElfFile file = read_self();
  const Pairing pairing = pair_versions(file, file);
  EXPECT_TRUE(pairing.obstacles.empty()) << pairing.obstacles.front();
  EXPECT_FALSE(pairing.functions.empty());
  EXPECT_FALSE(pairing.objects.empty());
  for (const Pair& each : pairing.functions) {
    EXPECT_EQ(each.from, each.to);
  }
  for (const Pair& each : pairing.objects) {
    EXPECT_EQ(each.from, each.to);
  }
}

TEST(Pairing, TellsStaticVariablesByTheirFunctions) {
  EXPECT_EQ(counted_here() + counted_there(), 42 + 72);
  const ElfFile file = read_self();
  const StaticPairs pairs = pair_static_variables(file, file, {}, {}, [](const ElfFile&, const Symbol& symbol) {
    return symbol.name.starts_with("elf_file_test_count") ||
           symbol.name.find("elf_file_test_count") != std::string::npos;
  });
  EXPECT_TRUE(pairs.ambiguous.empty());
  for (const auto& [from, to] : pairs.pairs) {
    EXPECT_EQ(from, to);
  }
}

TEST(Pairing, KnowsTheCompilersNumbers) {
  EXPECT_TRUE(is_numbered("counter.0"));
  EXPECT_TRUE(is_numbered("counter.123"));
  EXPECT_FALSE(is_numbered("counter"));
  EXPECT_FALSE(is_numbered("counter."));
  EXPECT_FALSE(is_numbered("counter.cold"));
  EXPECT_FALSE(is_numbered(".5"));
  EXPECT_EQ(without_number("a.b.7"), "a.b");
}

TEST(BuildId, IsFoundInNotes) {
  const auto note = [](std::uint32_t type, std::string_view name, std::string_view content) {
    std::string bytes;
    const std::uint32_t head[] = {static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(content.size()),
                                  type};
    bytes.append(reinterpret_cast<const char*>(head), sizeof head);
    for (const std::string_view part : {name, content}) {
      bytes.append(part);
      bytes.append((4 - part.size() % 4) % 4, '\0');
    }
    return bytes;
  };
  const auto find = [](const std::string& bytes) {
    return find_build_id({reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()}, 4);
  };
  const std::string_view gnu("GNU\0", 4);
  const std::string good = note(5, gnu, "properties") + note(NT_GNU_BUILD_ID, gnu, "\x12\xab\xcd");
  EXPECT_EQ(find(good), "12abcd");
  EXPECT_EQ(find(note(NT_GNU_BUILD_ID, "GNX", "\x12")), "");
  for (std::size_t size = 0; size < good.size() - 1; ++size) {
    EXPECT_EQ(find(good.substr(0, size)), "");
  }
}

}  // namespace
}  // namespace kx::hv::libraries
