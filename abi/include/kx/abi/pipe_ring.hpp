// Rings: pipes whose data lie in the family segment, so that relatives that are awake exchange them without leaving
// the guest. Every pVM of a family may write all of it; who reads a ring believes nothing in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <kx/abi/memory_map.hpp>
#include <type_traits>

namespace kx::abi {

inline constexpr std::uint32_t ring_pages = 16;  // as a pipe of Linux (pipe(7))
inline constexpr std::uint64_t ring_data_size = ring_pages * page_size;

enum class RingMode : std::uint32_t {
  Host = 0,   // the data are in the host's pipe, and nothing is in the ring
  Guest = 1,  // the data are in the ring, and nothing is in the host's pipe; nobody sleeps
};

// One page of data, as Linux keeps a pipe's.
struct RingPage {
  std::uint16_t offset;
  std::uint16_t size;
};

struct alignas(128) RingHeader {
  std::uint32_t lock;        // 0, or the process id of who holds it; ring_locked_by_host
  std::uint32_t mode;        // RingMode; only changed by the hypervisor, which holds the lock to leave RingMode::Guest
  std::uint32_t filled;      // pages that got data, counted on
  std::uint32_t emptied;     // pages that were read to their end, counted on
  std::uint32_t operations;  // transfers so far; 0: a new pipe, for whose other side nobody is to watch yet
  std::uint32_t reserved[3];
  RingPage pages[ring_pages];
  std::uint32_t reserved1[8];
};
static_assert(sizeof(RingHeader) == 128 && offsetof(RingHeader, pages) == 32);
static_assert(std::is_trivially_copyable_v<RingHeader> && std::has_unique_object_representations_v<RingHeader>);

inline constexpr std::uint32_t ring_locked_by_host = ~0u;

// In each 2 MiB of the segment the headers come first, the data behind them; rings are numbered through.
inline constexpr std::uint32_t rings_per_huge_page = huge_page_size / ring_data_size - 1;
inline constexpr std::uint32_t ring_count = rings_per_huge_page * (family_segment_size / huge_page_size);

constexpr std::uint64_t ring_header_offset(std::uint32_t ring) {
  return ring / rings_per_huge_page * huge_page_size + ring % rings_per_huge_page * sizeof(RingHeader);
}
constexpr std::uint64_t ring_data_offset(std::uint32_t ring) {
  return ring / rings_per_huge_page * huge_page_size + (1 + ring % rings_per_huge_page) * ring_data_size;
}
static_assert(rings_per_huge_page * sizeof(RingHeader) <= ring_data_size);
static_assert(ring_data_offset(ring_count - 1) + ring_data_size == family_segment_size);

}  // namespace kx::abi
