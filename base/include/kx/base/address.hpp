// Typed guest addresses: a guest-virtual and a guest-physical address never mix, nor convert to a pointer.
#pragma once

#include <compare>
#include <cstdint>

namespace kx {

template <class Tag>
struct Address {
  std::uint64_t value = 0;

  constexpr auto operator<=>(const Address&) const = default;
  constexpr Address operator+(std::uint64_t size) const { return {value + size}; }
  constexpr Address operator-(std::uint64_t size) const { return {value - size}; }
  constexpr std::uint64_t operator-(Address other) const { return value - other.value; }
  constexpr Address& operator+=(std::uint64_t size) { return value += size, *this; }
};

using Gva = Address<struct GvaTag>;
using Gpa = Address<struct GpaTag>;

constexpr std::uint64_t align_down(std::uint64_t value, std::uint64_t alignment) {
  return value & ~(alignment - 1);
}
constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return align_down(value + alignment - 1, alignment);
}
constexpr bool is_aligned(std::uint64_t value, std::uint64_t alignment) {
  return (value & (alignment - 1)) == 0;
}

// True if [start, start + size) overflows or leaves [low, high).
constexpr bool outside(std::uint64_t start, std::uint64_t size, std::uint64_t low, std::uint64_t high) {
  return start < low || start > high || size > high - start;
}

}  // namespace kx
