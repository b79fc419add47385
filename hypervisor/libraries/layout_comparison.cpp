#include "hypervisor/libraries/layout_comparison.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace kx::hv::libraries {

namespace {

using Kind = LayoutType::Kind;

// The compiler's own names of structures and classes, which are the same to it.
bool is_record(Kind kind) {
  return kind == Kind::Struct || kind == Kind::Class;
}

bool same_kind(const LayoutType& a, const LayoutType& b) {
  return a.kind == b.kind || (is_record(a.kind) && is_record(b.kind));
}

std::string place(const LayoutMember& member) {
  const std::int64_t byte = member.bit_offset / 8, bit = member.bit_offset % 8;
  return std::to_string(byte) + (bit != 0 || member.bits != 0 ? " (bit " + std::to_string(bit) + ")" : "");
}

using Members = std::unordered_map<std::string_view, const LayoutMember*>;

// The first one of each name.
Members by_name(const LayoutType& type) {
  Members members;
  for (const LayoutMember& each : type.members) {
    members.emplace(each.name, &each);
  }
  return members;
}

std::int64_t greatest_value(const LayoutType& type) {
  const auto greatest = std::ranges::max_element(type.members, {}, &LayoutMember::bit_offset);
  return greatest != type.members.end() ? greatest->bit_offset : 0;
}

// The enumerator that has another value now, and which it has; nothing: there is none. The last one of an enumeration
// that grows is mostly how many there are, which nothing keeps.
std::optional<std::pair<const LayoutMember*, std::int64_t>> changed_value(const LayoutType& before,
                                                                          const LayoutType& now) {
  const Members values = by_name(now);
  const std::int64_t last_before = greatest_value(before), last_now = greatest_value(now);
  for (const LayoutMember& each : before.members) {
    const auto other = values.find(each.name);
    if (other == values.end() || other->second->bit_offset == each.bit_offset) {
      continue;
    }
    const std::int64_t value = other->second->bit_offset;
    const bool is_count = each.bit_offset == last_before && value == last_now && value > each.bit_offset;
    if (!is_count) {
      return std::pair(&each, value);
    }
  }
  return std::nullopt;
}

}  // namespace

std::string type_name(const Layouts& layouts, std::uint32_t number) {
  constexpr std::size_t longest = 100;
  std::string suffix;
  const LayoutType* type = &layouts.types[number];
  while (type->kind == Kind::Array && suffix.size() < longest) {
    suffix += "[" + (type->detail < 0 ? "" : std::to_string(type->detail)) + "]";
    type = &layouts.types[type->element];
  }
  const char* prefix = "";
  switch (type->kind) {
    case Kind::Pointer:
      suffix = "*" + suffix;
      break;
    case Kind::Enum:
      prefix = "enum ";
      break;
    case Kind::Struct:
      prefix = "struct ";
      break;
    case Kind::Class:
      prefix = "class ";
      break;
    case Kind::Union:
      prefix = "union ";
      break;
    default:
      break;
  }
  return prefix + (type->name.empty() ? "(anonymous)" : type->name) + suffix;
}

bool LayoutComparison::alike(std::uint32_t before, std::uint32_t now, unsigned depth) {
  const LayoutType &a = before_.types[before], &b = now_.types[now];
  if (!same_kind(a, b) || a.size != b.size || a.detail != b.detail || a.name != b.name || depth > deepest ||
      budget_ == 0) {
    return false;
  }
  if (!a.has_members() && a.kind != Kind::Array) {
    return true;
  }
  const std::uint64_t key = std::uint64_t{before} << 32 | now;
  if (const auto known = known_.find(key); known != known_.end()) {
    return known->second;
  }
  const bool result = a.kind == Kind::Array  ? alike(a.element, b.element, depth + 1)
                      : a.kind == Kind::Enum ? !changed_value(a, b)
                                             : alike_members(a, b, depth);
  known_.emplace(key, result);
  return result;
}

bool LayoutComparison::alike_members(const LayoutType& before, const LayoutType& now, unsigned depth) {
  budget_ -= std::min(budget_, before.members.size() + 1);
  return std::ranges::equal(before.members, now.members, [&](const LayoutMember& a, const LayoutMember& b) {
    return a.name == b.name && a.bit_offset == b.bit_offset && a.bits == b.bits && alike(a.type, b.type, depth + 1);
  });
}

std::optional<std::string> LayoutComparison::difference(std::uint32_t before, std::uint32_t now) {
  return alike(before, now, 0) ? std::nullopt : std::optional(describe(before, now, 0));
}

// Of two that are not alike.
std::string LayoutComparison::describe(std::uint32_t before, std::uint32_t now, unsigned depth) {
  const LayoutType &a = before_.types[before], &b = now_.types[now];
  const std::string name = type_name(before_, before), other = type_name(now_, now);
  const auto sizes = [&] { return std::to_string(b.size) + " bytes instead of " + std::to_string(a.size); };
  if (!same_kind(a, b) || a.name != b.name || !a.has_members() || depth > deepest) {
    return name != other      ? "type '" + other + "' instead of '" + name + "'"
           : a.size != b.size ? name + ": " + sizes()
           : depth > deepest  ? name + ": too deep to compare"
                              : name + ": of another kind";
  }
  std::string difference;
  if (a.kind != Kind::Enum) {
    difference = describe_members(a, b, depth);
  } else if (const auto changed = changed_value(a, b)) {
    difference = "'" + changed->first->name + "' is " + std::to_string(changed->second) + " instead of " +
                 std::to_string(changed->first->bit_offset);
  }
  if (a.size != b.size) {
    difference += (difference.empty() ? "" : "; ") + sizes();
  }
  return name + ": " + difference;
}

// The first member that differs.
std::string LayoutComparison::describe_members(const LayoutType& before, const LayoutType& now, unsigned depth) {
  const Members old_members = by_name(before), new_members = by_name(now);
  for (const LayoutMember& a : before.members) {
    const std::string name = "member '" + a.name + "' at offset ";
    const auto found = new_members.find(a.name);
    if (found == new_members.end()) {
      return name + place(a) + " is gone";
    }
    const LayoutMember& b = *found->second;
    if (a.bit_offset != b.bit_offset) {
      return name + place(b) + " instead of " + place(a);
    }
    if (a.bits != b.bits) {
      return name + place(a) + ": " + std::to_string(b.bits) + " bits instead of " + std::to_string(a.bits);
    }
    if (!alike(a.type, b.type, depth + 1)) {
      return name + place(a) + ": " + describe(a.type, b.type, depth + 1);
    }
  }
  for (const LayoutMember& b : now.members) {
    if (!old_members.contains(b.name)) {
      return "member '" + b.name + "' at offset " + place(b) + " is new";
    }
  }
  return before.members.size() == now.members.size() ? "members in another order" : "other members";
}

std::vector<std::string> LayoutComparison::changed_types() {
  std::map<std::string_view, std::vector<std::uint32_t>> now;
  for (std::uint32_t i = 0; i < now_.types.size(); ++i) {
    if (now_.types[i].has_members() && !now_.types[i].name.empty()) {
      now[now_.types[i].name].push_back(i);
    }
  }
  std::vector<std::string> lines;
  for (std::uint32_t i = 0; i < before_.types.size(); ++i) {
    const auto found = before_.types[i].has_members() ? now.find(before_.types[i].name) : now.end();
    if (found == now.end()) {
      continue;
    }
    ++compared_;
    if (lines.size() == most_lines) {
      break;
    }
    if (std::ranges::none_of(found->second, [&](std::uint32_t other) { return alike(i, other, 0); })) {
      lines.push_back(describe(i, found->second.front(), 0));
    }
  }
  return lines;
}

}  // namespace kx::hv::libraries
