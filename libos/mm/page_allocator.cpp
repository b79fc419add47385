#include "mm/page_allocator.hpp"

#include <algorithm>
#include <bit>
#include <kx/abi/memory_map.hpp>
#include <kx/base/address.hpp>
#include <kx/base/verify.hpp>

namespace kx::libos {

namespace {

constexpr unsigned page_shift = 12;
constexpr std::uint64_t huge_pages = 1ull << PageAllocator::max_order;
static_assert(huge_pages * abi::page_size == abi::huge_page_size);

constexpr std::uint32_t pages_in(std::uint8_t order) {
  return 1u << order;
}

}  // namespace

bool PageAllocator::add_region(std::uint64_t gpa, std::uint64_t size, void* metadata) {
  if (!is_aligned(gpa, abi::page_size) || !is_aligned(size, abi::page_size) || size == 0 || size > max_region_size ||
      gpa + size < gpa || region_count_ == max_regions) {
    return false;
  }
  const std::uint64_t first_pfn = gpa >> page_shift;
  const std::uint64_t end_pfn = first_pfn + (size >> page_shift);
  auto* const by_address_end = by_address_ + region_count_;
  auto* const position = std::partition_point(
      by_address_, by_address_end, [&](std::uint16_t number) { return regions_[number].end_pfn <= first_pfn; });
  if (position != by_address_end && regions_[*position].first_pfn < end_pfn) {
    return false;
  }
  std::copy_backward(position, by_address_end, by_address_end + 1);
  *position = static_cast<std::uint16_t>(region_count_);

  const std::uint64_t fresh_end = align_down(end_pfn, huge_pages);
  const std::uint64_t fresh = std::min(align_up(first_pfn, huge_pages), std::max(fresh_end, first_pfn));
  regions_[region_count_] = {.first_pfn = first_pfn,
                             .end_pfn = end_pfn,
                             .fresh_pfn = fresh,
                             .fresh_end_pfn = std::max(fresh, fresh_end),
                             .pages = static_cast<PageInfo*>(metadata)};
  const Region& added = regions_[region_count_];
  ++region_count_;
  total_pages_ += end_pfn - first_pfn;
  free_pages_ += added.fresh_end_pfn - added.fresh_pfn;

  const std::uint32_t first_link = region_count_ << index_bits;
  add_pages(first_link, added.fresh_pfn - first_pfn);
  add_pages(first_link + static_cast<std::uint32_t>(added.fresh_end_pfn - first_pfn), end_pfn - added.fresh_end_pfn);
  return true;
}

// Puts clean pages around a region's whole 2 MiB blocks on the lists; release() joins them to larger blocks.
void PageAllocator::add_pages(std::uint32_t link, std::uint64_t count) {
  for (std::uint64_t index = 0; index < count; ++index) {
    release(link + static_cast<std::uint32_t>(index), 0, Clean);
  }
}

// The number of the region that holds a page, or region_count_.
std::uint32_t PageAllocator::region_of(std::uint64_t pfn) const {
  if (region_count_ == 0) {
    return 0;
  }
  const Region& last = regions_[last_region_];
  if (last.first_pfn <= pfn && pfn < last.end_pfn) {
    return last_region_;
  }
  const auto* const end = by_address_ + region_count_;
  const auto* const found =
      std::partition_point(by_address_, end, [&](std::uint16_t number) { return regions_[number].end_pfn <= pfn; });
  if (found == end || regions_[*found].first_pfn > pfn) {
    return region_count_;
  }
  last_region_ = *found;
  return *found;
}

std::uint32_t PageAllocator::link_of(std::uint64_t gpa) const {
  const std::uint64_t pfn = gpa >> page_shift;
  const std::uint32_t number = region_of(pfn);
  KX_VERIFY(number < region_count_ && is_aligned(gpa, abi::page_size));
  return ((number + 1) << index_bits) + static_cast<std::uint32_t>(pfn - regions_[number].first_pfn);
}

std::uint32_t PageAllocator::allocated_link(std::uint64_t gpa) const {
  const std::uint32_t link = link_of(gpa);
  KX_VERIFY(page(link).state == static_cast<std::uint8_t>(State::Allocated));
  return link;
}

void PageAllocator::move_region(std::uint64_t from_gpa, std::uint64_t to_gpa, void* metadata) {
  const std::uint64_t pfns = (to_gpa - from_gpa) >> page_shift;  // modulo 2^52: it may be further down
  KX_VERIFY(region_count_ == 1 && is_aligned(to_gpa - from_gpa, abi::huge_page_size));
  Region& moved = regions_[0];
  constexpr std::uint64_t pfn_mask = (1ull << (64 - page_shift)) - 1;
  for (std::uint64_t* pfn : {&moved.first_pfn, &moved.end_pfn, &moved.fresh_pfn, &moved.fresh_end_pfn}) {
    *pfn = (*pfn + pfns) & pfn_mask;
  }
  moved.pages = static_cast<PageInfo*>(metadata);
}

bool PageAllocator::owns(std::uint64_t gpa) const {
  return region_of(gpa >> page_shift) < region_count_;
}

void PageAllocator::push(std::uint32_t link, std::uint8_t order, Cleanness cleanness) {
  std::uint32_t& head = heads_[cleanness][order];
  page(link) = {.next = head,
                .previous = no_page,
                .references = 0,
                .order = order,
                .state = static_cast<std::uint8_t>(cleanness == Clean ? State::FreeClean : State::FreeDirty),
                .reserved = 0};
  if (head != no_page) {
    page(head).previous = link;
  }
  head = link;
  available_[cleanness] |= 1u << order;
  if (order == max_order && cleanness == Dirty) {
    ++dirty_huge_blocks_;
  }
}

void PageAllocator::unlink(std::uint32_t link) {
  PageInfo& info = page(link);
  const Cleanness cleanness = info.state == static_cast<std::uint8_t>(State::FreeClean) ? Clean : Dirty;
  if (info.next != no_page) {
    page(info.next).previous = info.previous;
  }
  if (info.previous != no_page) {
    page(info.previous).next = info.next;
  } else {
    heads_[cleanness][info.order] = info.next;
    if (info.next == no_page) {
      available_[cleanness] &= ~(1u << info.order);
    }
  }
  if (info.order == max_order && cleanness == Dirty) {
    --dirty_huge_blocks_;
  }
  info.state = static_cast<std::uint8_t>(State::None);
}

// Takes a block of 2^order pages from the lists, out of the smallest that does, or no_page.
std::uint32_t PageAllocator::take_listed(std::uint8_t order, Cleanness cleanness) {
  const std::uint32_t fitting = available_[cleanness] >> order;
  if (fitting == 0) {
    return no_page;
  }
  const auto found_order = static_cast<std::uint8_t>(order + std::countr_zero(fitting));
  const std::uint32_t link = heads_[cleanness][found_order];
  unlink(link);
  trim(link, found_order, order, cleanness);
  return link;
}

// Takes a 2 MiB block that was never used, or no_page.
std::uint32_t PageAllocator::take_fresh() {
  for (; fresh_region_ < region_count_; ++fresh_region_) {
    Region& candidate = regions_[fresh_region_];
    if (candidate.fresh_pfn < candidate.fresh_end_pfn) {
      const auto index = static_cast<std::uint32_t>(candidate.fresh_pfn - candidate.first_pfn);
      candidate.fresh_pfn += huge_pages;
      return ((fresh_region_ + 1) << index_bits) + index;
    }
  }
  return no_page;
}

// Gives the upper halves of a block back until it has `to_order`.
void PageAllocator::trim(std::uint32_t link, std::uint8_t from_order, std::uint8_t to_order, Cleanness cleanness) {
  for (std::uint8_t order = from_order; order > to_order;) {
    --order;
    push(link + pages_in(order), order, cleanness);
  }
}

std::optional<PageBlock> PageAllocator::allocate(std::uint8_t order, Prefer prefer) {
  KX_VERIFY(order <= max_order);
  Cleanness cleanness = prefer == Prefer::Clean ? Clean : Dirty;
  std::uint32_t link = take_listed(order, cleanness);
  if (link == no_page && prefer == Prefer::Dirty) {
    cleanness = Clean;
    link = take_listed(order, Clean);
  }
  if (link == no_page) {
    link = take_fresh();
    if (link != no_page) {
      cleanness = Clean;
      trim(link, max_order, order, Clean);
    }
  }
  if (link == no_page && prefer == Prefer::Clean) {
    cleanness = Dirty;
    link = take_listed(order, Dirty);
  }
  if (link == no_page) {
    return std::nullopt;
  }
  PageInfo& info = page(link);
  info.references = 1;
  info.order = order;
  info.state = static_cast<std::uint8_t>(State::Allocated);
  free_pages_ -= pages_in(order);
  return PageBlock{pfn_of(link) << page_shift, cleanness == Clean};
}

// Puts a block on the lists, joined with its free buddies. Clean and dirty joined are dirty.
void PageAllocator::release(std::uint32_t link, std::uint8_t order, Cleanness cleanness) {
  free_pages_ += pages_in(order);
  const Region& home = region(link);
  const std::uint32_t first_link = link - place(link);
  std::uint64_t pfn = pfn_of(link);
  page(link).state = static_cast<std::uint8_t>(State::None);
  for (; order < max_order; ++order) {
    const std::uint64_t buddy_pfn = pfn ^ pages_in(order);
    if (buddy_pfn < home.first_pfn || buddy_pfn >= home.end_pfn) {
      break;
    }
    const std::uint32_t buddy = first_link + static_cast<std::uint32_t>(buddy_pfn - home.first_pfn);
    const PageInfo& info = page(buddy);
    const bool is_dirty = info.state == static_cast<std::uint8_t>(State::FreeDirty);
    if (info.order != order || (!is_dirty && info.state != static_cast<std::uint8_t>(State::FreeClean))) {
      break;
    }
    if (is_dirty) {
      cleanness = Dirty;
    }
    unlink(buddy);
    pfn = std::min(pfn, buddy_pfn);
  }
  push(first_link + static_cast<std::uint32_t>(pfn - home.first_pfn), order, cleanness);
}

void PageAllocator::free(std::uint64_t gpa, std::uint8_t order) {
  const std::uint32_t link = allocated_link(gpa);
  KX_VERIFY(page(link).order == order && page(link).references == 1);
  release(link, order, Dirty);
}

void PageAllocator::ref(std::uint64_t gpa) {
  PageInfo& info = page(allocated_link(gpa));
  KX_VERIFY(info.references != 0xffff'ffff);
  ++info.references;
}

bool PageAllocator::unref(std::uint64_t gpa) {
  const std::uint32_t link = allocated_link(gpa);
  PageInfo& info = page(link);
  if (--info.references != 0) {
    return false;
  }
  release(link, info.order, Dirty);
  return true;
}

std::uint32_t PageAllocator::references(std::uint64_t gpa) const {
  return page(allocated_link(gpa)).references;
}

void PageAllocator::split_allocated(std::uint64_t gpa) {
  const std::uint32_t link = allocated_link(gpa);
  PageInfo* const first = &page(link);
  const std::uint32_t count = pages_in(first->order);
  first->order = 0;
  std::fill(first + 1, first + count, *first);
}

std::optional<std::uint64_t> PageAllocator::take_dirty_huge_block() {
  const std::uint32_t link = heads_[Dirty][max_order];
  if (link == no_page) {
    return std::nullopt;
  }
  unlink(link);
  page(link).state = static_cast<std::uint8_t>(State::Released);
  free_pages_ -= huge_pages;
  return pfn_of(link) << page_shift;
}

void PageAllocator::return_clean_huge_block(std::uint64_t gpa) {
  const std::uint32_t link = link_of(gpa);
  KX_VERIFY(page(link).state == static_cast<std::uint8_t>(State::Released));
  release(link, max_order, Clean);
}

}  // namespace kx::libos
