// VmaSet: single operations, then random ones against a model that keeps every page by itself.
#include "mm/vma_set.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace kx::libos {
namespace {

constexpr std::uint64_t page = 4096;

struct TestHeap {
  bool exhausted = false;
  std::size_t live = 0;

  VmaStorage storage() {
    return {[](void* context, std::size_t size) -> void* {
              auto* heap = static_cast<TestHeap*>(context);
              if (heap->exhausted) {
                return nullptr;
              }
              heap->live += size;
              return std::malloc(size);
            },
            [](void* context, void* block, std::size_t size) {
              static_cast<TestHeap*>(context)->live -= size;
              std::free(block);
            },
            this};
  }
};

Vma anonymous(std::uint64_t start, std::uint64_t end, std::uint32_t prot = prot::read, std::uint32_t flags = 0) {
  Vma vma;
  vma.start = start * page;
  vma.end = end * page;
  vma.prot = prot;
  vma.flags = flags;
  return vma;
}

Vma file(std::uint64_t start, std::uint64_t end, std::uint32_t object, std::uint64_t offset) {
  Vma vma = anonymous(start, end);
  vma.object = object;
  vma.offset = offset * page;
  return vma;
}

class VmaSetTest : public ::testing::Test {
 protected:
  void insert(const Vma& vma) { ASSERT_TRUE(set_.insert(vma).has_value()); }
  std::vector<Vma> all() const { return {set_.begin(), set_.end()}; }
  // Fills the storage exactly, with areas above `page_number`, and lets no more be had.
  void exhaust(std::uint64_t page_number) {
    heap_.exhausted = true;
    while (set_.insert(anonymous(page_number, page_number + 1)).has_value()) {
      page_number += 2;
    }
  }

  TestHeap heap_;
  VmaSet set_{heap_.storage()};
};

TEST_F(VmaSetTest, FindsTheAreaAroundAnAddress) {
  insert(anonymous(10, 20));
  insert(anonymous(30, 40));
  EXPECT_EQ(set_.find(10 * page - 1), nullptr);
  EXPECT_EQ(set_.find(10 * page), set_.begin());
  EXPECT_EQ(set_.find(20 * page - 1), set_.begin());
  EXPECT_EQ(set_.find(20 * page), nullptr);
  EXPECT_EQ(set_.lower_bound(20 * page), set_.begin() + 1);
  EXPECT_EQ(set_.lower_bound(40 * page), nullptr);
  EXPECT_EQ(set_.next(set_.begin()), set_.begin() + 1);
  EXPECT_EQ(set_.next(set_.begin() + 1), nullptr);
  EXPECT_EQ(set_.previous(set_.begin()), nullptr);
  EXPECT_EQ(set_.previous(set_.begin() + 1), set_.begin());
}

TEST_F(VmaSetTest, MergesOnBothSides) {
  insert(anonymous(10, 20));
  insert(anonymous(30, 40));
  insert(anonymous(20, 30));
  EXPECT_EQ(all(), std::vector{anonymous(10, 40)});
  EXPECT_EQ(set_.total_size(), 30 * page);
}

TEST_F(VmaSetTest, KeepsApartWhatDiffers) {
  insert(anonymous(10, 20, prot::read));
  insert(anonymous(20, 30, prot::write));
  insert(anonymous(30, 40, prot::write, vma_flag::heap));
  insert(file(40, 50, 1, 0));
  insert(file(50, 60, 2, 10));
  insert(file(60, 70, 2, 21));
  EXPECT_EQ(set_.count(), 6u);
  insert(file(70, 80, 2, 31));
  EXPECT_EQ(set_.count(), 6u);
}

TEST_F(VmaSetTest, MergesSharedWindowsOnlyIfContiguous) {
  Vma left = anonymous(10, 20);
  left.shared_gpa = 100 * page;
  Vma right = anonymous(20, 30);
  right.shared_gpa = 110 * page;
  Vma far = anonymous(30, 40);
  far.shared_gpa = 200 * page;
  insert(left);
  insert(far);
  insert(right);
  EXPECT_EQ(set_.count(), 2u);
  EXPECT_EQ(set_.begin()->end, 30 * page);
}

TEST_F(VmaSetTest, RefusesBadRangesAndOverlap) {
  insert(anonymous(10, 20));
  EXPECT_EQ(set_.insert(anonymous(19, 21)).error(), VmaError::Overlap);
  EXPECT_EQ(set_.insert(anonymous(5, 11)).error(), VmaError::Overlap);
  EXPECT_EQ(set_.insert(anonymous(5, 25)).error(), VmaError::Overlap);
  EXPECT_EQ(set_.insert(anonymous(30, 30)).error(), VmaError::BadRange);
  EXPECT_EQ(set_.insert(anonymous(31, 30)).error(), VmaError::BadRange);
  EXPECT_EQ(set_.remove(1, page).error(), VmaError::BadRange);
  EXPECT_EQ(set_.split_at(10 * page + 1).error(), VmaError::BadRange);
  EXPECT_EQ(all(), std::vector{anonymous(10, 20)});
}

TEST_F(VmaSetTest, RemovingTheMiddleMovesOffsets) {
  insert(file(10, 20, 7, 100));
  std::vector<Vma> removed;
  ASSERT_TRUE(set_.remove(12 * page, 15 * page, [&](const Vma& piece) { removed.push_back(piece); }).has_value());
  EXPECT_EQ(removed, std::vector{file(12, 15, 7, 102)});
  EXPECT_EQ(all(), (std::vector{file(10, 12, 7, 100), file(15, 20, 7, 105)}));
  EXPECT_EQ(set_.total_size(), 7 * page);
}

TEST_F(VmaSetTest, RemovingSpansAreasAndHoles) {
  insert(file(10, 20, 1, 0));
  insert(anonymous(25, 30));
  insert(file(30, 40, 2, 0));
  std::vector<Vma> removed;
  ASSERT_TRUE(set_.remove(15 * page, 35 * page, [&](const Vma& piece) { removed.push_back(piece); }).has_value());
  EXPECT_EQ(removed, (std::vector{file(15, 20, 1, 5), anonymous(25, 30), file(30, 35, 2, 0)}));
  EXPECT_EQ(all(), (std::vector{file(10, 15, 1, 0), file(35, 40, 2, 5)}));
}

TEST_F(VmaSetTest, ChangeSplitsAndMergesBack) {
  insert(anonymous(10, 20));
  const auto set_prot = [&](std::uint32_t prot) {
    return set_.change(12 * page, 15 * page, [prot](Vma& vma) { vma.prot = prot; }).has_value();
  };
  ASSERT_TRUE(set_prot(prot::none));
  EXPECT_EQ(all(), (std::vector{anonymous(10, 12), anonymous(12, 15, prot::none), anonymous(15, 20)}));
  ASSERT_TRUE(set_prot(prot::read));
  EXPECT_EQ(all(), std::vector{anonymous(10, 20)});
}

TEST_F(VmaSetTest, WithoutStorageNothingChanges) {
  insert(file(10, 20, 1, 0));
  exhaust(100);
  const std::vector<Vma> before = all();
  bool called = false;
  const auto visit = [&](auto&) { called = true; };
  EXPECT_EQ(set_.remove(12 * page, 15 * page, visit).error(), VmaError::NoMemory);
  EXPECT_EQ(set_.change(12 * page, 15 * page, visit).error(), VmaError::NoMemory);
  EXPECT_EQ(set_.split_at(12 * page).error(), VmaError::NoMemory);
  EXPECT_EQ(set_.insert(anonymous(50, 60)).error(), VmaError::NoMemory);
  EXPECT_FALSE(called);
  EXPECT_EQ(all(), before);
}

TEST_F(VmaSetTest, WithoutStorageWhatNeedsNoneSucceeds) {
  insert(file(10, 20, 1, 0));
  exhaust(100);
  EXPECT_TRUE(set_.insert(file(20, 25, 1, 10)).has_value());
  EXPECT_TRUE(set_.change(10 * page, 25 * page, [](Vma& vma) { vma.prot = prot::none; }).has_value());
  EXPECT_TRUE(set_.split_at(10 * page).has_value());
  EXPECT_TRUE(set_.remove(10 * page, 12 * page).has_value());
  EXPECT_TRUE(set_.remove(20 * page, 25 * page).has_value());
  EXPECT_EQ(set_.begin()->start, 12 * page);
}

TEST_F(VmaSetTest, GuardIsKeptBelowStacksOnly) {
  insert(anonymous(90, 100, prot::read, vma_flag::grows_down));
  insert(anonymous(40, 50));
  GapRequest request{
      .size = 4 * page, .alignment = page, .low = 10 * page, .high = 100 * page, .guard_size = 16 * page};
  EXPECT_EQ(set_.find_gap(request), 70 * page);
  request.high = 50 * page;
  EXPECT_EQ(set_.find_gap(request), 36 * page);
  // The guard of a stack that lies above `high` reaches below it.
  request.high = 80 * page;
  EXPECT_EQ(set_.find_gap(request), 70 * page);
}

TEST_F(VmaSetTest, GapsAtTheEndsOfTheAddressSpace) {
  GapRequest request{.size = page, .alignment = page, .low = 0, .high = ~0ull & ~(page - 1)};
  EXPECT_EQ(set_.find_gap(request), request.high - page);
  request.direction = GapDirection::BottomUp;
  EXPECT_EQ(set_.find_gap(request), 0u);
  request.alignment = 1ull << 63;
  request.low = page;
  EXPECT_EQ(set_.find_gap(request), 1ull << 63);
  request.size = ~0ull;
  EXPECT_EQ(set_.find_gap(request), std::nullopt);
  request.size = 0;
  EXPECT_EQ(set_.find_gap(request), std::nullopt);
}

// Every page by itself.
struct PageModel {
  static constexpr std::uint64_t page_count = 200;
  std::map<std::uint64_t, Vma> pages;  // by page number; each a one-page area

  void insert(const Vma& vma) {
    for (std::uint64_t at = vma.start; at < vma.end; at += page) {
      pages[at / page] = clip(vma, at, at + page);
    }
  }
  bool vacant(std::uint64_t first, std::uint64_t last) const {
    const auto found = pages.lower_bound(first);
    return found == pages.end() || found->first >= last;
  }
  bool covered(std::uint64_t first, std::uint64_t last) const {
    for (; first < last; ++first) {
      if (!pages.contains(first)) {
        return false;
      }
    }
    return true;
  }
  bool guarded(std::uint64_t number, std::uint64_t guard_pages) const {
    const auto above = pages.upper_bound(number);
    return above != pages.end() && above->second.has(vma_flag::grows_down) && above->first - number <= guard_pages;
  }
  std::optional<std::uint64_t> find_gap(const GapRequest& request) const {
    std::optional<std::uint64_t> best;
    for (std::uint64_t start = request.low / page; (start * page) + request.size <= request.high; ++start) {
      bool fits = start * page % request.alignment == 0;
      for (std::uint64_t at = start; fits && at < start + request.size / page; ++at) {
        fits = !pages.contains(at) && !guarded(at, request.guard_size / page);
      }
      if (fits && (!best || request.direction == GapDirection::TopDown)) {
        best = start * page;
      }
    }
    return best;
  }
};

void expect_same(VmaSet& set, const PageModel& model, bool merged) {
  std::map<std::uint64_t, Vma> pages;
  std::uint64_t total = 0;
  const Vma* last = nullptr;
  for (const Vma& vma : set) {
    ASSERT_LT(vma.start, vma.end);
    if (last != nullptr) {
      ASSERT_LE(last->end, vma.start);
      ASSERT_FALSE(merged && mergeable(*last, vma));
    }
    for (std::uint64_t at = vma.start; at < vma.end; at += page) {
      pages[at / page] = clip(vma, at, at + page);
    }
    total += vma.size();
    last = &vma;
  }
  ASSERT_EQ(pages, model.pages);
  ASSERT_EQ(total, set.total_size());
}

class VmaSetRandomTest : public ::testing::TestWithParam<unsigned> {
 protected:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  Vma random_area() {
    const std::uint64_t first = below(PageModel::page_count - 1);
    Vma vma = anonymous(first, first + 1 + below(std::min<std::uint64_t>(20, PageModel::page_count - first)));
    vma.prot = static_cast<std::uint32_t>(below(2));
    vma.flags = below(8) == 0 ? vma_flag::grows_down : 0;
    vma.object = static_cast<std::uint32_t>(below(3));
    // Mostly in step with the address, so that neighbours continue each other.
    vma.offset = vma.object == 0 ? 0 : vma.start + (below(4) == 0 ? page : 0);
    vma.shared_gpa = below(3) == 0 ? (1ull << 38) + vma.start : 0;
    return vma;
  }

  std::mt19937_64 random_{GetParam()};
  TestHeap heap_;
  VmaSet set_{heap_.storage()};
  PageModel model_;
};

TEST_P(VmaSetRandomTest, AgreesWithTheModel) {
  bool merged = true;
  for (int step = 0; step < 3000; ++step) {
    const Vma area = random_area();
    const std::uint64_t first = area.start / page;
    const std::uint64_t last = area.end / page;
    heap_.exhausted = below(4) == 0;
    std::map<std::uint64_t, Vma> seen;
    bool failed = false;
    switch (below(5)) {
      case 0:
      case 1: {
        const auto inserted = set_.insert(area);
        failed = !inserted && inserted.error() == VmaError::NoMemory;
        ASSERT_EQ(model_.vacant(first, last), inserted.has_value() || failed);
        if (inserted) {
          model_.insert(area);
        }
        break;
      }
      case 2: {
        const auto removed = set_.remove(area.start, area.end, [&](const Vma& piece) {
          for (std::uint64_t at = piece.start; at < piece.end; at += page) {
            seen[at / page] = clip(piece, at, at + page);
          }
        });
        failed = !removed;
        if (removed) {
          for (std::uint64_t at = first; at < last; ++at) {
            if (const auto node = model_.pages.extract(at)) {
              ASSERT_EQ(seen[at], node.mapped());
            }
          }
        }
        break;
      }
      case 3: {
        failed = !set_.change(area.start, area.end, [&](Vma& piece) { piece.prot = area.prot; }).has_value();
        for (std::uint64_t at = first; !failed && at < last; ++at) {
          if (const auto found = model_.pages.find(at); found != model_.pages.end()) {
            found->second.prot = area.prot;
          }
        }
        break;
      }
      case 4:
        if (below(4) == 0) {
          failed = !set_.split_at(area.start).has_value();
          merged = false;
        }
        break;
    }
    ASSERT_TRUE(!failed || heap_.exhausted);
    ASSERT_EQ(model_.covered(first, last), set_.covered(area.start, area.end));
    ASSERT_EQ(model_.vacant(first, last), set_.vacant(area.start, area.end));
    ASSERT_EQ(model_.pages.contains(first), set_.find(area.start) != nullptr);
    const GapRequest request{.size = (1 + below(12)) * page,
                             .alignment = page << below(4),
                             .low = below(60) * page,
                             .high = (60 + below(140)) * page,
                             .guard_size = below(5) * page,
                             .direction = below(2) == 0 ? GapDirection::TopDown : GapDirection::BottomUp};
    ASSERT_EQ(model_.find_gap(request), set_.find_gap(request)) << "step " << step;
    ASSERT_NO_FATAL_FAILURE(expect_same(set_, model_, merged)) << "step " << step;
    if (below(300) == 0) {
      ASSERT_TRUE(set_.remove(0, 1000 * page).has_value());
      model_.pages.clear();
      merged = true;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, VmaSetRandomTest, ::testing::Range(1u, 9u));

}  // namespace
}  // namespace kx::libos
