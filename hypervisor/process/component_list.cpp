#include "hypervisor/process/component_list.hpp"

#include <fmt/format.h>

#include <cstring>

#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"

namespace kx::hv {

namespace {

constexpr std::uint64_t syscall_count = std::size(abi::Stats{}.served_inside);

struct Range {
  std::uint64_t begin, size;
};

Range range_of(const abi::LibosHeader& libos, std::uint32_t component) {
  if (component == 0) {
    return {abi::linear_gva(abi::libos_text_gpa), libos.constant_size};
  }
  const std::uint64_t end = libos.component_gva[component + 1 < abi::component_count ? component + 1 : 0];
  return {libos.component_gva[component], end - libos.component_gva[component]};
}

}  // namespace

const char* component_name(abi::Component component) {
  return abi::component_texts[static_cast<std::size_t>(component)].name;
}

std::string component_names(std::uint32_t set) {
  std::string names;
  for (std::uint32_t i = 1; i < abi::component_count; ++i) {
    const auto component = static_cast<abi::Component>(i);
    if (abi::has_component(set, component)) {
      names += fmt::format("{}{}", names.empty() ? "" : " ", component_name(component));
    }
  }
  return names.empty() ? "none" : names;
}

std::string component_list(const Family& family, const std::vector<std::shared_ptr<Pvm>>& pvms) {
  std::string text = "\nPID\tADDRESS\tSIZE\tMAPPED\tCALLS\tLIBRARY OS COMPONENT\n";
  const auto stats = std::make_unique<abi::Stats>();
  for (const auto& pvm : pvms) {
    // The guest may write its counters at any time: one copy is looked at.
    std::memcpy(stats.get(), &pvm->stats(), sizeof(abi::Stats));
    std::uint64_t calls[abi::component_count] = {};
    for (std::uint64_t number = 0; number < syscall_count; ++number) {
      calls[static_cast<std::size_t>(abi::component_of_syscall(number))] +=
          std::uint64_t{stats->served_inside[number]} + stats->served_by_service[number] +
          stats->served_by_exit[number];
    }
    for (std::uint32_t i = 0; i < abi::component_count; ++i) {
      const Range range = range_of(family.libos(), i);
      const bool mapped = i == 0 || (stats->components >> i & 1) != 0;
      text += fmt::format("{}\t{:#x}\t{}K\t{}\t{}\t{} ({}{})\n", pvm->pid(), range.begin, (range.size + 1023) >> 10,
                          mapped ? "yes" : "no", calls[i], abi::component_texts[i].name,
                          abi::component_texts[i].summary, (family.components() >> i & 1) != 0 ? "" : "; not allowed");
    }
  }
  return text;
}

}  // namespace kx::hv
