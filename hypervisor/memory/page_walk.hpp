// Looking up guest-virtual addresses in a pVM's page tables, which may change meanwhile and say anything.
#pragma once

#include <cstdint>
#include <kx/base/address.hpp>
#include <optional>

#include "hypervisor/memory/guest_memory.hpp"

namespace kx::hv {

// Bits of an entry (Intel SDM vol. 3, 4.5).
namespace page_bit {
inline constexpr std::uint64_t writable = 2, user = 4;
}

// Where the byte at `gva` lies, if the program has a page there with all of `rights`. They are those of the last level:
// what a fork freezes above it stays writable to its owner. Whether the pVM has such memory is the caller's to ask.
std::optional<Gpa> find_page(const GuestMemory& memory, std::uint64_t gva, std::uint64_t rights);

}  // namespace kx::hv
