// PageAllocator: single operations, then random ones against a model that keeps every page by itself.
#include "mm/page_allocator.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

namespace kx::libos {
namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t huge = 512 * page;

class PageAllocatorTest : public ::testing::Test {
 protected:
  bool add(std::uint64_t gpa, std::uint64_t size) {
    metadata_.emplace_back(PageAllocator::metadata_size(size) / sizeof(PageInfo));
    return pages_.add_region(gpa, size, metadata_.back().data());
  }

  std::vector<std::vector<PageInfo>> metadata_;
  std::unique_ptr<PageAllocator> owned_ = std::make_unique<PageAllocator>();
  PageAllocator& pages_ = *owned_;
};

TEST_F(PageAllocatorTest, StartsEmpty) {
  EXPECT_FALSE(pages_.allocate(0, Prefer::Clean).has_value());
  EXPECT_FALSE(pages_.owns(0));
  EXPECT_EQ(pages_.total_pages(), 0u);
}

TEST_F(PageAllocatorTest, FreshMemoryIsCleanAndAligned) {
  ASSERT_TRUE(add(huge, 4 * huge));
  for (std::uint8_t order = 0; order <= PageAllocator::max_order; ++order) {
    const auto block = pages_.allocate(order, Prefer::Dirty);
    ASSERT_TRUE(block.has_value());
    EXPECT_TRUE(block->clean);
    EXPECT_EQ(block->gpa % (page << order), 0u);
  }
}

TEST_F(PageAllocatorTest, UnusedMetadataIsNotTouched) {
  ASSERT_TRUE(add(0, 4 * huge));
  ASSERT_TRUE(pages_.allocate(0, Prefer::Clean).has_value());
  for (std::size_t index = 512; index < metadata_[0].size(); ++index) {
    ASSERT_EQ(metadata_[0][index].state, 0);
    ASSERT_EQ(metadata_[0][index].next, 0u);
  }
}

TEST_F(PageAllocatorTest, PreferenceDecidesBetweenCleanAndDirty) {
  ASSERT_TRUE(add(0, 2 * huge));
  const auto first = pages_.allocate(9, Prefer::Clean);
  pages_.free(first->gpa, 9);
  EXPECT_EQ(pages_.dirty_huge_blocks(), 1u);
  const auto dirty = pages_.allocate(0, Prefer::Dirty);
  EXPECT_FALSE(dirty->clean);
  const auto clean = pages_.allocate(0, Prefer::Clean);
  EXPECT_TRUE(clean->clean);
  pages_.free(dirty->gpa, 0);
  pages_.free(clean->gpa, 0);
  EXPECT_EQ(pages_.dirty_huge_blocks(), 2u);
}

TEST_F(PageAllocatorTest, GivesTheOtherKindWhenItMust) {
  ASSERT_TRUE(add(0, huge));
  EXPECT_TRUE(pages_.allocate(9, Prefer::Dirty)->clean);
  pages_.free(0, 9);
  EXPECT_FALSE(pages_.allocate(9, Prefer::Clean)->clean);
  EXPECT_FALSE(pages_.allocate(0, Prefer::Clean).has_value());
}

TEST_F(PageAllocatorTest, DirtyHugeBlocksGoToTheHostAndBack) {
  ASSERT_TRUE(add(0, 2 * huge));
  EXPECT_FALSE(pages_.take_dirty_huge_block().has_value());
  const auto block = pages_.allocate(9, Prefer::Clean);
  pages_.free(block->gpa, 9);
  EXPECT_EQ(pages_.take_dirty_huge_block(), block->gpa);
  EXPECT_EQ(pages_.free_pages(), 512u);
  EXPECT_FALSE(pages_.take_dirty_huge_block().has_value());
  pages_.return_clean_huge_block(block->gpa);
  EXPECT_EQ(pages_.free_pages(), 1024u);
  EXPECT_TRUE(pages_.allocate(9, Prefer::Clean)->clean);
  EXPECT_TRUE(pages_.allocate(9, Prefer::Clean)->clean);
}

TEST_F(PageAllocatorTest, ReferencesKeepABlock) {
  ASSERT_TRUE(add(0, huge));
  const auto block = pages_.allocate(3, Prefer::Clean);
  pages_.ref(block->gpa);
  EXPECT_EQ(pages_.references(block->gpa), 2u);
  EXPECT_FALSE(pages_.unref(block->gpa));
  EXPECT_EQ(pages_.free_pages(), 504u);
  EXPECT_TRUE(pages_.unref(block->gpa));
  EXPECT_EQ(pages_.free_pages(), 512u);
}

TEST_F(PageAllocatorTest, ASplitBlockIsFreedPageByPage) {
  ASSERT_TRUE(add(0, huge));
  const auto block = pages_.allocate(9, Prefer::Clean);
  pages_.ref(block->gpa);
  pages_.split_allocated(block->gpa);
  for (std::uint64_t gpa = block->gpa; gpa < block->gpa + huge; gpa += page) {
    EXPECT_FALSE(pages_.unref(gpa));
    EXPECT_TRUE(pages_.unref(gpa));
  }
  EXPECT_EQ(pages_.free_pages(), 512u);
  EXPECT_TRUE(pages_.allocate(9, Prefer::Clean).has_value());
}

TEST_F(PageAllocatorTest, AMovedRegionGoesOnElsewhere) {
  constexpr std::uint64_t head = 16 * page;
  ASSERT_TRUE(add(10 * huge + head, 2 * huge - head));
  const auto first = pages_.allocate(0, Prefer::Clean);
  const auto second = pages_.allocate(3, Prefer::Clean);
  ASSERT_TRUE(first.has_value() && second.has_value());
  const std::uint64_t used = pages_.total_pages() - pages_.free_pages();
  for (const std::uint64_t to : {3 * huge, 40 * huge}) {
    std::vector<PageInfo> copy = metadata_.back();
    const std::uint64_t from = to == 3 * huge ? 10 * huge : 3 * huge;
    pages_.move_region(from, to, copy.data());
    metadata_.back() = std::vector<PageInfo>(copy.size());  // the old place is not looked at any more
    metadata_.push_back(std::move(copy));
    EXPECT_FALSE(pages_.owns(from + head));
    EXPECT_TRUE(pages_.owns(to + head));
    EXPECT_EQ(pages_.total_pages() - pages_.free_pages(), used);
  }
  pages_.free(first->gpa + 30 * huge, 0);
  pages_.free(second->gpa + 30 * huge, 3);
  EXPECT_EQ(pages_.free_pages(), pages_.total_pages());
  const auto whole = pages_.allocate(PageAllocator::max_order, Prefer::Clean);
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->gpa, 41 * huge);
}

TEST_F(PageAllocatorTest, RefusesBadRegions) {
  ASSERT_TRUE(add(4 * huge, huge));
  EXPECT_FALSE(add(4 * huge + 100 * page, page));
  EXPECT_FALSE(add(3 * huge, 3 * huge));
  EXPECT_FALSE(add(huge + 1, huge));
  EXPECT_FALSE(add(huge, page + 1));
  EXPECT_FALSE(add(huge, 0));
  EXPECT_FALSE(add(0ull - huge, huge * 2));
  EXPECT_FALSE(pages_.add_region(1ull << 40, PageAllocator::max_region_size + page, nullptr));
  EXPECT_TRUE(add(5 * huge, huge));
  EXPECT_TRUE(add(3 * huge, huge));
  EXPECT_TRUE(pages_.owns(3 * huge));
  EXPECT_FALSE(pages_.owns(2 * huge));
}

TEST_F(PageAllocatorTest, AsManyRegionsAsThereMayBe) {
  for (std::uint64_t number = 0; number < PageAllocator::max_regions; ++number) {
    ASSERT_TRUE(add((number * 7919 % 8192) * huge, 8 * page));
  }
  EXPECT_FALSE(add(huge << 20, 8 * page));
  std::set<std::uint64_t> seen;
  while (const auto block = pages_.allocate(0, Prefer::Clean)) {
    EXPECT_TRUE(seen.insert(block->gpa).second);
  }
  EXPECT_EQ(seen.size(), PageAllocator::max_regions * 8);
  for (const std::uint64_t gpa : seen) {
    pages_.free(gpa, 0);
  }
  EXPECT_EQ(pages_.free_pages(), pages_.total_pages());
}

using PageAllocatorDeathTest = PageAllocatorTest;

TEST_F(PageAllocatorDeathTest, MisuseIsFound) {
  ASSERT_TRUE(add(0, huge));
  const auto block = pages_.allocate(1, Prefer::Clean);
  EXPECT_DEATH(pages_.free(block->gpa, 0), "KX_VERIFY");
  EXPECT_DEATH(pages_.free(block->gpa + page, 0), "KX_VERIFY");
  EXPECT_DEATH(pages_.free(huge, 0), "KX_VERIFY");
  EXPECT_DEATH(pages_.return_clean_huge_block(0), "KX_VERIFY");
  pages_.free(block->gpa, 1);
  EXPECT_DEATH(pages_.free(block->gpa, 1), "KX_VERIFY");
  EXPECT_DEATH(pages_.ref(block->gpa), "KX_VERIFY");
}

struct Block {
  std::uint8_t order;
  std::uint32_t references;
};

class PageAllocatorRandomTest : public PageAllocatorTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  void allocate(std::uint8_t order) {
    const auto block = pages_.allocate(order, below(2) == 0 ? Prefer::Clean : Prefer::Dirty);
    if (!block) {
      return;
    }
    ASSERT_EQ(block->gpa % (page << order), 0u);
    for (std::uint64_t gpa = block->gpa; gpa < block->gpa + (page << order); gpa += page) {
      ASSERT_TRUE(unused_.erase(gpa)) << "given twice or not ours";
      ASSERT_TRUE(!block->clean || !dirty_.contains(gpa)) << "dirty memory called clean";
      dirty_.insert(gpa);
    }
    blocks_[block->gpa] = {order, 1};
  }
  void drop(std::map<std::uint64_t, Block>::iterator it) {
    auto& [gpa, block] = *it;
    const bool last = --block.references == 0;
    ASSERT_EQ(pages_.unref(gpa), last);
    if (last) {
      for (std::uint64_t at = gpa; at < gpa + (page << block.order); at += page) {
        unused_.insert(at);
      }
      blocks_.erase(it);
    }
  }
  void exchange_with_host() {
    if (const auto gpa = pages_.take_dirty_huge_block()) {
      for (std::uint64_t at = *gpa; at < *gpa + huge; at += page) {
        ASSERT_TRUE(unused_.contains(at));
        dirty_.erase(at);
      }
      ASSERT_EQ(pages_.free_pages(), unused_.size() - 512);
      pages_.return_clean_huge_block(*gpa);
    }
  }
  void split(std::map<std::uint64_t, Block>::iterator it) {
    const auto [gpa, block] = *it;
    pages_.split_allocated(gpa);
    for (std::uint64_t at = gpa; at < gpa + (page << block.order); at += page) {
      blocks_[at] = {0, block.references};
    }
  }
  std::map<std::uint64_t, Block>::iterator pick() {
    auto it = blocks_.lower_bound(below(64 * huge));
    return it == blocks_.end() ? blocks_.begin() : it;
  }
  void add_pages(std::uint64_t gpa, std::uint64_t size) {
    ASSERT_TRUE(add(gpa, size));
    for (std::uint64_t at = gpa; at < gpa + size; at += page) {
      unused_.insert(at);
    }
  }

  std::mt19937_64 random_{GetParam()};
  std::set<std::uint64_t> unused_;
  std::set<std::uint64_t> dirty_;
  std::map<std::uint64_t, Block> blocks_;
};

TEST_P(PageAllocatorRandomTest, AgreesWithTheModel) {
  add_pages(2 * huge, 3 * huge);
  add_pages(5 * huge, huge + 77 * page);
  bool more = true;
  for (int step = 0; step < 20000; ++step) {
    const bool filling = (step / 2000) % 2 == 0;
    const std::uint64_t what = below(100);
    if (what < (filling ? 60u : 30u)) {
      allocate(below(3) == 0 ? static_cast<std::uint8_t>(below(10)) : std::uint8_t{0});
    } else if (what < 90 && !blocks_.empty()) {
      drop(pick());
    } else if (what < 94 && !blocks_.empty()) {
      const auto it = pick();
      pages_.ref(it->first);
      ++it->second.references;
    } else if (what < 96 && !blocks_.empty()) {
      split(pick());
    } else if (what < 98) {
      exchange_with_host();
    } else if (more && step > 5000) {
      add_pages(40 * huge + 13 * page, 2 * huge);
      add_pages(huge - 9 * page, 20 * page);
      more = false;
    }
    ASSERT_FALSE(HasFatalFailure()) << "step " << step;
    ASSERT_EQ(pages_.free_pages(), unused_.size());
  }
  while (!blocks_.empty()) {
    drop(blocks_.begin());
    ASSERT_FALSE(HasFatalFailure());
  }
  EXPECT_EQ(pages_.free_pages(), pages_.total_pages());
  // All joined again: of 3 + 1 + 1 aligned 2 MiB blocks none is lost.
  unsigned huge_blocks = 0;
  while (pages_.allocate(9, Prefer::Dirty)) {
    ++huge_blocks;
  }
  EXPECT_EQ(huge_blocks, 5u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PageAllocatorRandomTest, ::testing::Range(1u, 9u));

}  // namespace
}  // namespace kx::libos
