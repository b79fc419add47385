// Who a thread is: user, group and capability sets, as credentials(7) and capabilities(7) have them.
#pragma once

#include <cstdint>
#include <type_traits>

namespace kx::abi {

// Supplementary groups that a thread may have.
inline constexpr std::uint32_t most_groups = 32;

struct Ids {
  std::uint32_t real, effective, saved, file;
  friend bool operator==(const Ids&, const Ids&) = default;
};

struct Identity {
  Ids user;
  Ids group;
  std::uint64_t effective, permitted, inheritable;  // capabilities, a bit each
  std::uint32_t keeps_capabilities;                 // PR_SET_KEEPCAPS
  std::uint32_t group_count;
  std::uint32_t groups[most_groups];
  friend bool operator==(const Identity&, const Identity&) = default;
};
static_assert(std::is_standard_layout_v<Identity> && std::is_trivially_copyable_v<Identity> &&
              std::has_unique_object_representations_v<Identity>);
static_assert(sizeof(Identity) == 192);

}  // namespace kx::abi
