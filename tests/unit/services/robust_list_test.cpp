// Robust futexes of a dead thread, found by the page tables and the list that a guest left, however wrong.
#include "hypervisor/process/robust_list.hpp"

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <unistd.h>

#include <kx/abi/vcpu.hpp>
#include <utility>

#include "hypervisor/memory/guarded_access.hpp"

namespace kx::hv {
namespace {

constexpr std::uint64_t present = 1, writable = 2, user = 4;
constexpr std::uint64_t list_gva = 0x5555'5000'0000, word_gva = list_gva + abi::page_size;
constexpr std::uint32_t owner = 77;

struct RobustListTest : ::testing::Test {
  void SetUp() override {
    install_guard_handler();
    ASSERT_TRUE(memory.attach(nullptr, 2 << 20));
    ASSERT_EQ(::ftruncate(file.get(), abi::page_size), 0);
    auto mapped = memory.map_shared(file.get(), 0, abi::page_size, PROT_READ | PROT_WRITE);
    ASSERT_TRUE(mapped);
    shared = *mapped;
    auto& page = at<abi::VcpuPage>(Gpa{abi::vcpu0_gpa});
    page.robust_list_gva = list_gva;
    page.thread_id = owner;
    map(list_gva, abi::memory_gpa, present | writable | user);
    map(word_gva, shared.gpa, present | writable | user);
    // One entry, in the second page: the entry is its first word, the futex follows.
    list()[0] = word_gva;
    list()[1] = 16;
    list()[2] = 0;
    words()[0] = list_gva;
    word() = owner;
  }

  template <class T>
  T& at(Gpa gpa) {
    return *reinterpret_cast<T*>(memory.translate(gpa, sizeof(T)));
  }
  std::uint64_t* list() { return &at<std::uint64_t>(Gpa{abi::memory_gpa}); }
  std::uint64_t* words() { return reinterpret_cast<std::uint64_t*>(shared.hva); }
  std::uint32_t& word() { return *reinterpret_cast<std::uint32_t*>(shared.hva + 16); }

  // The tables of all levels lie one behind the other.
  std::uint64_t& entry(int level, std::uint64_t gva) {
    const std::uint64_t table = level == 4 ? abi::boot_pml4_gpa : abi::tables_gpa + (3 - level) * abi::page_size;
    return at<std::uint64_t>(Gpa{table + (gva >> (12 + 9 * (level - 1)) & 511) * 8});
  }
  void map(std::uint64_t gva, std::uint64_t gpa, std::uint64_t bits) {
    for (int level = 4; level > 1; --level) {
      entry(level, gva) = (abi::tables_gpa + (4 - level) * abi::page_size) | present | writable | user;
    }
    entry(1, gva) = gpa | bits;
  }
  void release() { release_robust_futexes(memory, Gpa{abi::vcpu0_gpa}); }

  UniqueFd file{::memfd_create("test", MFD_CLOEXEC)};
  GuestMemory memory = std::move(*GuestMemory::create(32 << 20));
  Slot shared;
};

TEST_F(RobustListTest, MarksWhatItsThreadHolds) {
  word() |= FUTEX_WAITERS;
  release();
  EXPECT_EQ(word(), FUTEX_OWNER_DIED | FUTEX_WAITERS);
}

TEST_F(RobustListTest, LeavesWhatIsNotItsThreads) {
  word() = owner + 1;
  release();
  EXPECT_EQ(word(), owner + 1);
  word() = owner;
  at<abi::VcpuPage>(Gpa{abi::vcpu0_gpa}).thread_id = 0;
  release();
  EXPECT_EQ(word(), owner);
}

TEST_F(RobustListTest, ReadOnlyAndMissingPagesStayAsTheyAre) {
  entry(1, word_gva) &= ~writable;
  release();
  EXPECT_EQ(word(), owner);
  entry(1, word_gva) = 0;
  release();
  EXPECT_EQ(word(), owner);
  map(word_gva, shared.gpa, present | writable | user);
  ASSERT_EQ(::ftruncate(file.get(), 0), 0);
  release();
}

TEST_F(RobustListTest, MemoryOfItsOwnIsNotTouched) {
  map(word_gva, abi::memory_gpa + abi::page_size, present | writable | user);
  auto* page = &at<std::uint64_t>(Gpa{abi::memory_gpa + abi::page_size});
  page[0] = list_gva;
  page[2] = owner;
  release();
  EXPECT_EQ(page[2], owner);
}

TEST_F(RobustListTest, TablesOutsideTheSystemSlotAreNotFollowed) {
  for (const std::uint64_t gpa : {abi::memory_gpa, shared.gpa, abi::system_size, ~0ul << 12}) {
    entry(2, word_gva) = gpa | present | writable | user;
    release();
    EXPECT_EQ(word(), owner) << gpa;
  }
  entry(4, word_gva) = abi::boot_pml4_gpa | present | writable | user;  // a table of itself
  release();
}

TEST_F(RobustListTest, EndlessAndWildListsEnd) {
  words()[0] = word_gva;
  release();
  EXPECT_EQ(word(), FUTEX_OWNER_DIED);
  for (const std::uint64_t next : {0ul, 1ul, 12ul, ~0ul, abi::linear_base, abi::user_end}) {
    list()[0] = next;
    release();
    list()[2] = next;
    release();
    list()[1] = ~0ull - 7;
    release();
  }
}

}  // namespace
}  // namespace kx::hv
