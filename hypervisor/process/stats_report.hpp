// What --stats prints.
#pragma once

#include <cstdint>
#include <string>

namespace kx::hv {

class Family;
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

// The counters of one running pVM, and those of a family: all that ran in it and runs.
std::string pvm_stats_text(Pvm& pvm);
std::string family_stats_text(Family& family);

// Writes the report to stderr: the root's start, and the counters of all pVMs that have ended.
void print_stats(Family& family, Pvm& root, const StartTimes& times);

}  // namespace kx::hv
