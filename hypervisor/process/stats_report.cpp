#include "hypervisor/process/stats_report.hpp"

#include <asm/unistd_64.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>

#include "hypervisor/kvm/statistics.hpp"
#include "hypervisor/libraries/guard.hpp"
#include "hypervisor/monotonic.hpp"
#include "hypervisor/process/component_list.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/process/syscall_names.hpp"
#include "hypervisor/text.hpp"
#include "hypervisor/vcpu/vcpu_thread.hpp"

namespace kx::hv {

namespace {

constexpr const char* phase_names[] = {"sandbox", "create VM", "memory", "image", "vCPU", "seccomp"};
static_assert(std::size(phase_names) == static_cast<std::size_t>(StartPhase::Count));

void add_system_calls(std::string& text, const abi::Stats& stats, std::uint32_t allowed) {
  std::uint64_t inside = 0, service = 0, exits = 0;
  for (std::size_t number = 0; number < 512; ++number) {
    inside += stats.served_inside[number];
    service += stats.served_by_service[number];
    exits += stats.served_by_exit[number];
  }
  text += fmt::format("  system calls: {} ({} in the pVM, {} by the service thread, {} by an exit)\n",
                      inside + service + exits, inside, service, exits);
  for (std::size_t number = 0; number < 512; ++number) {
    const std::uint64_t sum =
        stats.served_inside[number] + stats.served_by_service[number] + stats.served_by_exit[number];
    if (sum != 0) {
      text += fmt::format("    {:<24} {:>9} {:>9} {:>9}\n", syscall_name(number), stats.served_inside[number],
                          stats.served_by_service[number], stats.served_by_exit[number]);
    }
  }
  for (std::size_t number = 0; number < 512; ++number) {
    if (stats.unsupported[number] != 0) {
      const abi::Component component = abi::component_of_syscall(number);
      text += fmt::format("  unsupported: {} ({} times, answered ENOSYS{})\n", syscall_name(number),
                          stats.unsupported[number],
                          abi::has_component(allowed, component)
                              ? ""
                              : fmt::format(": the component {} is not allowed", component_name(component)));
    }
  }
  if (stats.unsupported_other != 0) {
    text += fmt::format("  unsupported: unknown numbers ({} times, answered ENOSYS)\n", stats.unsupported_other);
  }
}

void add_events(std::string& text, const abi::Stats& stats) {
  text += fmt::format("  entries: {} by patched sites, {} trapped; {} sites patched\n", stats.patched_calls,
                      stats.trapped, stats.patched_sites);
  text +=
      fmt::format("  page faults: {}, pages mapped {}, copied {}, TLB flushes {}, signals delivered {}\n",
                  stats.page_faults, stats.pages_mapped, stats.pages_copied, stats.flushes, stats.signals_delivered);
  if (stats.reads_ahead != 0 || stats.writes_behind != 0) {
    text += fmt::format("  sockets: {} reads ahead, {} writes behind\n", stats.reads_ahead, stats.writes_behind);
  }
}

void add_components(std::string& text, const abi::Stats& stats, std::uint32_t allowed) {
  text += fmt::format("  library OS components: mapped {}", component_names(stats.components));
  if (allowed != abi::all_components) {
    text += fmt::format("; not allowed {}", component_names(~allowed & abi::all_components));
  }
  text += '\n';
}

void add_library_policy(std::string& text, Family& family) {
  if (family.libraries() != nullptr) {
    const libraries::GuardCounts counts = family.libraries()->counts();
    text += fmt::format("  library policy: asked {} times, {} refused, {} only warned of\n", counts.asked,
                        counts.refused, counts.warned);
    text += fmt::format("  library policy: {} files copied and judged in {}, {} known ones in {}\n", counts.copied,
                        microseconds(counts.copied_ns), counts.known, microseconds(counts.known_ns));
  }
}

// What KVM counted for the VM and its first vCPU.
void add_kvm_counters(std::string& text, Pvm& pvm) {
  std::vector<kvm::Counter> counters = kvm::read_statistics(pvm.vm().fd());
  if (const auto vcpu = pvm.vcpu(0); vcpu != nullptr) {
    for (kvm::Counter& counter : kvm::read_statistics(vcpu->vcpu().fd())) {
      counters.push_back(std::move(counter));
    }
  }
  text += "  KVM:";
  for (const kvm::Counter& counter : counters) {
    text += fmt::format(" {} {}", counter.name, counter.value);
  }
  text += '\n';
}

}  // namespace

StartTimes::StartTimes() : start_tsc_(__builtin_ia32_rdtsc()), last_ns_(monotonic_ns()) {}

void StartTimes::mark(StartPhase phase) {
  const std::uint64_t now = monotonic_ns();
  durations_ns_[static_cast<std::size_t>(phase)] += now - last_ns_;
  last_ns_ = now;
}

double StartTimes::microseconds(StartPhase phase) const {
  return static_cast<double>(durations_ns_[static_cast<std::size_t>(phase)]) / 1000.0;
}

std::string pvm_stats_text(Pvm& pvm) {
  // The guest may write its counters at any time: one copy is printed.
  const auto stats = std::make_unique<abi::Stats>();
  std::memcpy(stats.get(), &pvm.stats(), sizeof(abi::Stats));
  std::string text = "kx: statistics\n";
  add_system_calls(text, *stats, pvm.family().components());
  add_events(text, *stats);
  add_components(text, *stats, pvm.family().components());
  text += fmt::format("  memory: {} KiB in use, {} KiB at most, slots {} MiB\n", stats->memory_in_use / 1024,
                      stats->memory_peak / 1024, pvm.memory().ram_size() >> 20);
  add_kvm_counters(text, pvm);
  return text;
}

std::string family_stats_text(Family& family) {
  const auto stats = std::make_unique<abi::Stats>();
  std::uint32_t running = 0;
  family.sum_stats(*stats, running);
  std::string text = "kx: statistics\n";
  add_system_calls(text, *stats, family.components());
  add_events(text, *stats);
  add_components(text, *stats, family.components());
  add_library_policy(text, family);
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  text += fmt::format("  pVMs: {} running, {} forked\n  memory: {} KiB in use; kx resident at most {} KiB\n", running,
                      family.forks(), stats->memory_in_use / 1024, usage.ru_maxrss);
  return text;
}

void print_stats(Family& family, Pvm& pvm, const StartTimes& times) {
  const std::uint64_t tsc_khz = family.cpu().tsc_khz;
  // The guest may write its counters at any time: one copy is printed. Its counts are among those of the ended.
  const auto copy = std::make_unique<abi::Stats>();
  std::memcpy(copy.get(), &family.ended_stats(), sizeof(abi::Stats));
  abi::Stats& stats = *copy;
  stats.memory_in_use = pvm.stats().memory_in_use;
  stats.memory_peak = pvm.stats().memory_peak;
  stats.entry_tsc = pvm.stats().entry_tsc;
  stats.loaded_tsc = pvm.stats().loaded_tsc;
  std::string text = "kx: statistics\n  start:";
  for (std::size_t phase = 0; phase < static_cast<std::size_t>(StartPhase::Count); ++phase) {
    text += fmt::format(" {} {:.0f} us,", phase_names[phase], times.microseconds(static_cast<StartPhase>(phase)));
  }
  const auto since_start = [&](std::uint64_t tsc) {
    return static_cast<double>(tsc - times.process_start_tsc()) * 1000.0 / static_cast<double>(tsc_khz);
  };
  text += fmt::format(" library OS entered after {:.0f} us, program entered after {:.0f} us\n",
                      since_start(stats.entry_tsc), since_start(stats.loaded_tsc));
  add_system_calls(text, stats, family.components());
  add_events(text, stats);
  add_components(text, stats, family.components());
  add_library_policy(text, family);
  if (family.forks() != 0) {
    text += fmt::format("  pVMs: {} forked\n", family.forks());
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  text +=
      fmt::format("  memory: {} KiB in use, {} KiB at most, slots {} MiB; kx resident at most {} KiB\n",
                  stats.memory_in_use / 1024, stats.memory_peak / 1024, pvm.memory().ram_size() >> 20, usage.ru_maxrss);
  add_kvm_counters(text, pvm);
  std::fputs(text.c_str(), stderr);
}

}  // namespace kx::hv
