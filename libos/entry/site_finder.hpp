// Finds system-call and cpuid instructions in program text that can be rewritten without decoding what is around them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kx::libos {

// An S1 site: `mov $number,%eax; syscall`, the mov at `address`.
struct SyscallSite {
  std::uint64_t address;
  std::uint32_t number;
};

// Instructions that depend on no address, the first of five bytes at least or two that no branch goes between, and a
// cpuid right behind them.
struct CpuidSite {
  static constexpr std::size_t max_moved_size = 8;

  std::uint64_t address;
  std::array<std::uint8_t, max_moved_size> moved;  // what stands before the cpuid, from `address` on
  std::uint8_t moved_size;
};

inline constexpr std::uint32_t syscall_number_limit = 512;

namespace detail {

// The first offset from `from` on where `0f 05` or `0f a2` stands; the text's size if there is none.
std::size_t next_candidate(std::span<const std::uint8_t> text, std::size_t from);

// What the candidate at `at` is. The addresses in the results are offsets.
bool is_s1_site(std::span<const std::uint8_t> text, std::size_t at, SyscallSite& site);
bool is_cpuid_site(std::span<const std::uint8_t> text, std::size_t at, CpuidSite& site);

}  // namespace detail

// Calls `on_syscall(const SyscallSite&)` and `on_cpuid(const CpuidSite&)` for the sites in `text`, which is loaded at
// `address`. Sites whose bytes may be a part of other instructions are left out: they trap, which is always right.
template <class OnSyscall, class OnCpuid>
void find_sites(std::span<const std::uint8_t> text, std::uint64_t address, OnSyscall&& on_syscall, OnCpuid&& on_cpuid) {
  constexpr std::size_t candidate_size = 2;
  for (std::size_t at = detail::next_candidate(text, 0); at < text.size();
       at = detail::next_candidate(text, at + candidate_size)) {
    SyscallSite syscall;
    CpuidSite cpuid;
    if (detail::is_s1_site(text, at, syscall)) {
      syscall.address += address;
      on_syscall(static_cast<const SyscallSite&>(syscall));
    } else if (detail::is_cpuid_site(text, at, cpuid)) {
      cpuid.address += address;
      on_cpuid(static_cast<const CpuidSite&>(cpuid));
    }
  }
}

}  // namespace kx::libos
