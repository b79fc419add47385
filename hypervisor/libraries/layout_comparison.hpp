// Whether data that one version of a library has laid out means the same to another, by the debug information of both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "hypervisor/libraries/layouts.hpp"

namespace kx::hv::libraries {

// Two layouts are alike if members have the same names, places and types, all the way down; pointers, if what they lead
// to has the same name. Names of typedefs, const and volatile make no difference.
class LayoutComparison {
 public:
  LayoutComparison(const Layouts& before, const Layouts& now) : before_(before), now_(now) {}

  // What differs first; nothing: they are alike. Types by their numbers.
  std::optional<std::string> difference(std::uint32_t before, std::uint32_t now);
  // The types with a name that are not in the new version as they were, though one of the name is: a line each, the
  // first ones if there are many.
  std::vector<std::string> changed_types();
  // How many types have a name and were looked at by changed_types().
  [[nodiscard]] std::size_t compared() const { return compared_; }

 private:
  // What a damaged file seems to have beyond is taken for different.
  static constexpr unsigned deepest = 64;
  static constexpr std::size_t most_compared = 50'000'000, most_lines = 50;

  bool alike(std::uint32_t before, std::uint32_t now, unsigned depth);
  bool alike_members(const LayoutType& before, const LayoutType& now, unsigned depth);
  std::string describe_members(const LayoutType& before, const LayoutType& now, unsigned depth);
  std::string describe(std::uint32_t before, std::uint32_t now, unsigned depth);

  const Layouts& before_;
  const Layouts& now_;
  std::unordered_map<std::uint64_t, bool> known_;
  std::size_t compared_ = 0, budget_ = most_compared;
};

// As a reader of C would say it: "struct point", "int[4]".
std::string type_name(const Layouts& layouts, std::uint32_t type);

}  // namespace kx::hv::libraries
