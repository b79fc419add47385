// Guest memory: bounds of translation, growth, and the shared window.
#include "hypervisor/memory/guest_memory.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <kx/abi/memory_map.hpp>
#include <utility>

namespace kx::hv {
namespace {

struct GuestMemoryTest : ::testing::Test {
  void SetUp() override { ASSERT_TRUE(memory.attach(nullptr, 2 << 20)); }
  GuestMemory memory = std::move(*GuestMemory::create(32 << 20));
};

TEST_F(GuestMemoryTest, TranslatesExactlyWhatThereIs) {
  const std::uint64_t end = abi::memory_gpa + memory.ram_size();
  EXPECT_EQ(memory.translate(Gpa{0}, abi::system_size), memory.system());
  EXPECT_EQ(memory.translate(Gpa{0}, abi::system_size + 1), nullptr);
  EXPECT_EQ(memory.translate(Gpa{abi::system_size}, 1), nullptr);
  EXPECT_EQ(memory.translate_to_read(Gpa{abi::libos_text_gpa}, abi::huge_page_size), memory.family()->libos_text());
  EXPECT_EQ(memory.translate_to_read(Gpa{abi::libos_components_gpa_end - 1}, 2), nullptr);
  EXPECT_EQ(memory.translate(Gpa{abi::memory_gpa - 1}, 1), nullptr);
  EXPECT_NE(memory.translate(Gpa{abi::memory_gpa}, memory.ram_size()), nullptr);
  EXPECT_EQ(memory.translate(Gpa{end - 1}, 2), nullptr);
  EXPECT_EQ(memory.translate(Gpa{end}, 1), nullptr);
  EXPECT_EQ(memory.translate(Gpa{abi::memory_gpa}, ~0ull), nullptr);
  EXPECT_EQ(memory.translate(Gpa{~0ull}, 1), nullptr);
  EXPECT_EQ(memory.translate(Gpa{~0ull}, ~0ull), nullptr);
  EXPECT_EQ(memory.translate(Gpa{abi::shared_gpa_end}, 1), nullptr);
  EXPECT_EQ(memory.translate_ram(Gpa{abi::shared_gpa}, 1), nullptr);
}

TEST_F(GuestMemoryTest, GrowsContiguouslyUpToTheLimit) {
  std::uint64_t end = abi::memory_gpa + memory.ram_size();
  while (memory.ram_size() < memory.limit()) {
    auto slot = memory.grow(4096);
    ASSERT_TRUE(slot);
    EXPECT_EQ(slot->gpa, end);
    end += slot->size;
  }
  EXPECT_NE(memory.translate(Gpa{abi::memory_gpa}, memory.limit()), nullptr) << "ranges may span slots";
  auto more = memory.grow(4096);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().errno_value, ENOMEM);
  EXPECT_FALSE(memory.grow(~0ull));
}

TEST_F(GuestMemoryTest, ReleasedPagesReadAsZero) {
  std::byte* page = memory.translate_ram(Gpa{abi::memory_gpa}, abi::page_size);
  *page = std::byte{1};
  ASSERT_TRUE(memory.release(Gpa{abi::memory_gpa}, abi::page_size));
  EXPECT_EQ(*page, std::byte{0});
  EXPECT_FALSE(memory.release(Gpa{0}, abi::page_size));
  EXPECT_FALSE(memory.release(Gpa{abi::memory_gpa}, 1ull << 62));
}

TEST_F(GuestMemoryTest, SharedMappingsKeepTheirHostRange) {
  const UniqueFd file(::memfd_create("test", MFD_CLOEXEC));
  ASSERT_EQ(::ftruncate(file.get(), 1 << 20), 0);
  auto first = memory.map_shared(file.get(), 0, 1 << 20, PROT_READ | PROT_WRITE);
  auto second = memory.map_shared(file.get(), 4096, 4096, PROT_READ | PROT_WRITE);
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_NE(first->gpa, second->gpa);
  first->hva[4096] = std::byte{9};
  EXPECT_EQ(second->hva[0], std::byte{9});
  EXPECT_EQ(memory.translate(Gpa{second->gpa}, 4096), second->hva);
  ASSERT_TRUE(memory.unmap_shared(Gpa{first->gpa}, 1 << 20));
  EXPECT_EQ(memory.translate(Gpa{first->gpa}, 1), nullptr);
  // Whoever still uses the address gets EFAULT from the kernel.
  const UniqueFd other(::memfd_create("other", MFD_CLOEXEC));
  EXPECT_EQ(::write(other.get(), first->hva, 1), -1);
  EXPECT_EQ(errno, EFAULT);
  auto third = memory.map_shared(file.get(), 0, 4096, PROT_READ);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->gpa, first->gpa) << "first fit";
}

// A parent with one slot that it keeps to itself, and a child that inherits the rest.
TEST(GuestMemoryFork, AChildReadsWhatItInheritsAndWritesOnlyItsOwn) {
  auto family = std::move(*FamilyMemory::create());
  GuestMemory parent = std::move(*GuestMemory::create(family, 64 << 20));
  ASSERT_TRUE(parent.attach(nullptr, 4 << 20));
  const Slot kept = *parent.grow_forked();
  std::uint32_t newest = 0;
  auto ledger = std::make_shared<SnapshotLedger>(&newest);
  const Gpa frozen{parent.first_ram().gpa};
  *parent.translate(frozen, 1) = std::byte{7};
  {
    GuestMemory child = std::move(*GuestMemory::create(family, 64 << 20));
    ASSERT_TRUE(child.attach(nullptr, 0));
    ASSERT_TRUE(child.inherit(parent, std::array{kept.gpa}, std::make_shared<Snapshot>(ledger, 3)));
    EXPECT_EQ(newest, 3u);
    EXPECT_EQ(child.translate(frozen, 1), nullptr);
    EXPECT_EQ(child.translate_ram(frozen, 1), nullptr);
    ASSERT_NE(child.translate_to_read(frozen, 1), nullptr);
    EXPECT_EQ(*child.translate_to_read(frozen, 1), std::byte{7});
    EXPECT_EQ(child.translate_to_read(Gpa{kept.gpa}, 1), nullptr) << "what the parent writes later is not the child's";
    const Slot own = *child.grow_forked();
    EXPECT_NE(child.translate(Gpa{own.gpa}, own.size), nullptr);
    EXPECT_EQ(parent.translate_to_read(Gpa{own.gpa}, 1), nullptr);
    EXPECT_FALSE(child.release(frozen, abi::page_size));
    ASSERT_TRUE(child.forget_inherited());
    EXPECT_EQ(newest, 0u);
    EXPECT_EQ(child.translate_to_read(frozen, 1), nullptr);
  }
  EXPECT_EQ(*parent.translate(frozen, 1), std::byte{7});
}

TEST(SnapshotLedgerTest, TellsTheNewestForkThatIsStillRead) {
  std::uint32_t newest = 0;
  auto ledger = std::make_shared<SnapshotLedger>(&newest);
  auto first = std::make_shared<Snapshot>(ledger, 1);
  auto second = std::make_shared<Snapshot>(ledger, 2);
  EXPECT_EQ(newest, 2u);
  second.reset();
  EXPECT_EQ(newest, 1u);
  const Snapshot later(ledger, 7);
  EXPECT_EQ(ledger->newest_up_to(0), 0u);
  EXPECT_EQ(ledger->newest_up_to(1), 1u);
  EXPECT_EQ(ledger->newest_up_to(6), 1u);
  EXPECT_EQ(ledger->newest_up_to(7), 7u);
  ledger->detach();
  newest = 1;
  first.reset();
  EXPECT_EQ(newest, 1u);
}

}  // namespace
}  // namespace kx::hv
