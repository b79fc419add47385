// KVM's own counters of a VM or vCPU (Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kx::hv::kvm {

struct Counter {
  std::string name;
  std::uint64_t value;
};

// The counters of `fd` (a VM or a vCPU) that are not zero; empty where this KVM has none.
std::vector<Counter> read_statistics(int fd);

}  // namespace kx::hv::kvm
