// Buddy allocator of guest-physical pages, 4 KiB to 2 MiB, with reference counts. It works on metadata only and
// never touches the pages it manages. Not thread-safe: the caller locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace kx::libos {

// What an allocation would rather have. A clean block is known to be zero but the host may not have backed it
// yet; a dirty one has been used, so the host has it and its content is stale.
enum class Prefer : std::uint8_t { Clean, Dirty };

struct PageBlock {
  std::uint64_t gpa;
  bool clean;  // known to be zero
};

// Metadata of one page. All-zero is its initial state: a new region's metadata is not written until used.
struct PageInfo {
  std::uint32_t next;  // links of the free list; valid in the head of a free block
  std::uint32_t previous;
  std::uint32_t references;  // in the head of an allocated block
  std::uint8_t order;        // in a head
  std::uint8_t state;        // PageAllocator::State
  std::uint16_t reserved;
};
static_assert(sizeof(PageInfo) == 16);

class PageAllocator {
 public:
  static constexpr std::uint8_t max_order = 9;
  static constexpr std::size_t max_regions = 64;
  static constexpr std::uint64_t max_region_size = 4ull << 30;

  constexpr PageAllocator() = default;
  PageAllocator(const PageAllocator&) = delete;
  PageAllocator& operator=(const PageAllocator&) = delete;

  // Bytes of metadata for a region of `size` bytes.
  static constexpr std::size_t metadata_size(std::uint64_t size) { return size / 4096 * sizeof(PageInfo); }

  // Adds clean memory. `gpa` and `size` are multiples of 4 KiB (2 MiB is best), `metadata` points to
  // metadata_size(size) zero bytes, aligned to 16, which stay the allocator's. Neither the pages nor, for the
  // 2 MiB blocks, the metadata are touched before they are needed. False: too large, overlapping or too many.
  [[nodiscard]] bool add_region(std::uint64_t gpa, std::uint64_t size, void* metadata);

  // Gives a block of 2^order pages, aligned to its size, with one reference; nothing if memory is exhausted.
  [[nodiscard]] std::optional<PageBlock> allocate(std::uint8_t order, Prefer prefer);

  // Takes back an allocated block that has one reference. `order` must be the one it was allocated with.
  void free(std::uint64_t gpa, std::uint8_t order);

  // One more, or one less, reference to the allocated block that starts at `gpa`. unref() frees it at zero and
  // tells so.
  void ref(std::uint64_t gpa);
  bool unref(std::uint64_t gpa);
  [[nodiscard]] std::uint32_t references(std::uint64_t gpa) const;

  // Turns the allocated block that starts at `gpa` into single pages, each with the block's references.
  void split_allocated(std::uint64_t gpa);

  // The only region's pages, and its metadata, have become others, with the same contents, a multiple of 2 MiB away.
  void move_region(std::uint64_t from_gpa, std::uint64_t to_gpa, void* metadata);

  // True if `gpa` lies in a region.
  [[nodiscard]] bool owns(std::uint64_t gpa) const;

  // Takes a wholly free, dirty 2 MiB block out, for the host to release its memory; return_clean_huge_block()
  // brings it back once it reads as zero.
  [[nodiscard]] std::optional<std::uint64_t> take_dirty_huge_block();
  void return_clean_huge_block(std::uint64_t gpa);

  [[nodiscard]] std::uint64_t free_pages() const { return free_pages_; }
  [[nodiscard]] std::uint64_t total_pages() const { return total_pages_; }
  // Wholly free, dirty 2 MiB blocks.
  [[nodiscard]] std::uint64_t dirty_huge_blocks() const { return dirty_huge_blocks_; }

 private:
  enum class State : std::uint8_t { None = 0, FreeClean, FreeDirty, Allocated, Released };
  enum Cleanness : std::uint8_t { Clean = 0, Dirty = 1 };

  // A link names a page: its region's number from 1 on, then its place there. Zero is none, so that a
  // zero-initialised allocator is an empty one and needs no constructor at run time.
  static constexpr std::uint32_t no_page = 0;
  static constexpr unsigned index_bits = 20;
  static_assert(max_region_size >> 12 == 1ull << index_bits);
  static_assert((max_regions + 1) << index_bits <= 0xffff'ffff);

  // [fresh_pfn, fresh_end_pfn) was never handed out, in whole 2 MiB blocks.
  struct Region {
    std::uint64_t first_pfn;
    std::uint64_t end_pfn;
    std::uint64_t fresh_pfn;
    std::uint64_t fresh_end_pfn;
    PageInfo* pages;
  };

  [[nodiscard]] std::uint32_t region_of(std::uint64_t pfn) const;
  [[nodiscard]] std::uint32_t link_of(std::uint64_t gpa) const;
  [[nodiscard]] std::uint32_t allocated_link(std::uint64_t gpa) const;
  [[nodiscard]] Region& region(std::uint32_t link) { return regions_[(link >> index_bits) - 1]; }
  [[nodiscard]] const Region& region(std::uint32_t link) const { return regions_[(link >> index_bits) - 1]; }
  [[nodiscard]] static std::uint32_t place(std::uint32_t link) { return link & ((1u << index_bits) - 1); }
  [[nodiscard]] PageInfo& page(std::uint32_t link) const { return region(link).pages[place(link)]; }
  [[nodiscard]] std::uint64_t pfn_of(std::uint32_t link) const { return region(link).first_pfn + place(link); }

  void push(std::uint32_t link, std::uint8_t order, Cleanness cleanness);
  void unlink(std::uint32_t link);
  [[nodiscard]] std::uint32_t take_listed(std::uint8_t order, Cleanness cleanness);
  [[nodiscard]] std::uint32_t take_fresh();
  void trim(std::uint32_t link, std::uint8_t from_order, std::uint8_t to_order, Cleanness cleanness);
  void release(std::uint32_t link, std::uint8_t order, Cleanness cleanness);
  void add_pages(std::uint32_t link, std::uint64_t count);

  std::uint32_t heads_[2][max_order + 1]{};
  std::uint32_t available_[2]{};  // bit n: heads_[cleanness][n] is not empty
  std::uint32_t region_count_ = 0;
  std::uint32_t fresh_region_ = 0;  // the regions before this one have no fresh blocks
  mutable std::uint32_t last_region_ = 0;
  std::uint64_t free_pages_ = 0;
  std::uint64_t total_pages_ = 0;
  std::uint64_t dirty_huge_blocks_ = 0;
  std::uint16_t by_address_[max_regions]{};  // numbers of the regions, ascending by address
  Region regions_[max_regions]{};
};

}  // namespace kx::libos
