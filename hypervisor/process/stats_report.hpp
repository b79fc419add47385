// What --stats prints.
#pragma once

#include <cstdint>

namespace kx::hv {

class Pvm;

// Phases between the start of kx and the program's first instruction.
enum class StartPhase : std::uint8_t { Sandbox, CreateVm, Memory, Image, Vcpu, Seccomp, Count };

class StartTimes {
 public:
  StartTimes();
  // The phase ended now.
  void mark(StartPhase phase);
  [[nodiscard]] double microseconds(StartPhase phase) const;
  [[nodiscard]] std::uint64_t process_start_tsc() const { return start_tsc_; }

 private:
  std::uint64_t start_tsc_;
  std::uint64_t last_ns_;
  std::uint64_t durations_ns_[static_cast<std::size_t>(StartPhase::Count)] = {};
};

// Writes the report to stderr.
void print_stats(Pvm& pvm, const StartTimes& times, std::uint64_t tsc_khz);

}  // namespace kx::hv
