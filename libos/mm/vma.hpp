// One virtual memory area of the program: a page-aligned range with one protection, one backing.
#pragma once

#include <cstdint>

namespace kx::libos {

// Protection bits, with the values of mmap(2)'s PROT_*.
namespace prot {
inline constexpr std::uint32_t none = 0;
inline constexpr std::uint32_t read = 1;
inline constexpr std::uint32_t write = 2;
inline constexpr std::uint32_t execute = 4;
}  // namespace prot

// Bits of Vma::flags; ours, not the system-call ABI's.
namespace vma_flag {
inline constexpr std::uint32_t shared = 1u << 0;
inline constexpr std::uint32_t grows_down = 1u << 1;
inline constexpr std::uint32_t stack = 1u << 2;
inline constexpr std::uint32_t heap = 1u << 3;
inline constexpr std::uint32_t no_reserve = 1u << 4;
inline constexpr std::uint32_t dont_fork = 1u << 5;
inline constexpr std::uint32_t wipe_on_fork = 1u << 6;
inline constexpr std::uint32_t huge_page = 1u << 7;
inline constexpr std::uint32_t no_huge_page = 1u << 8;
inline constexpr std::uint32_t locked = 1u << 9;
inline constexpr std::uint32_t internal = 1u << 10;  // the library OS's own: the program may not change it
inline constexpr std::uint32_t dont_dump = 1u << 11;
// Private pages of a file that were writable at some time: with a library policy alone.
inline constexpr std::uint32_t changed = 1u << 12;
}  // namespace vma_flag

struct Vma {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint32_t prot = 0;    // prot:: bits
  std::uint32_t flags = 0;   // vma_flag:: bits
  std::uint32_t object = 0;  // 0: anonymous; else the address space's id of a mapped file
  std::uint32_t reserved = 0;
  std::uint64_t offset = 0;      // file offset of `start`; without meaning if anonymous
  std::uint64_t shared_gpa = 0;  // guest-physical address of `start` in a shared window; 0: none

  [[nodiscard]] constexpr std::uint64_t size() const { return end - start; }
  [[nodiscard]] constexpr bool contains(std::uint64_t address) const { return start <= address && address < end; }
  [[nodiscard]] constexpr bool has(std::uint32_t flag) const { return (flags & flag) != 0; }

  bool operator==(const Vma&) const = default;
};
static_assert(sizeof(Vma) == 48);

// The part of `vma` inside [start, end), which must lie in it; offset and shared_gpa follow.
constexpr Vma clip(const Vma& vma, std::uint64_t start, std::uint64_t end) {
  Vma part = vma;
  part.start = start;
  part.end = end;
  part.offset = vma.object != 0 ? vma.offset + (start - vma.start) : vma.offset;
  part.shared_gpa = vma.shared_gpa != 0 ? vma.shared_gpa + (start - vma.start) : 0;
  return part;
}

// True if `right` continues `left` without a seam, so that one area can stand for both.
constexpr bool mergeable(const Vma& left, const Vma& right) {
  if (left.end != right.start || left.prot != right.prot || left.flags != right.flags || left.object != right.object) {
    return false;
  }
  if (left.object != 0 && left.offset + left.size() != right.offset) {
    return false;
  }
  if (left.shared_gpa == 0 || right.shared_gpa == 0) {
    return left.shared_gpa == right.shared_gpa;
  }
  return left.shared_gpa + left.size() == right.shared_gpa;
}

}  // namespace kx::libos
