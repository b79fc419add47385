// What `kx check` looks at: one probe for each thing that pVMs need, each with the cure for its absence.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kx::toolstack {

enum class Verdict : std::uint8_t {
  Good,
  Slower,   // pVMs run, with a drawback
  Missing,  // what this section is about does not work
};

struct Finding {
  std::string thing;
  Verdict verdict = Verdict::Good;
  std::string detail{};
  std::string cure{};
};

struct Section {
  std::string title;
  std::vector<Finding> findings{};

  [[nodiscard]] bool works() const;
};

Section probe_kvm();        // the kvm lane: device, capabilities, a VM and a vCPU made to prove it
Section probe_isolation();  // the kernel features of the sandbox
Section probe_memory();
Section probe_software_lane();

}  // namespace kx::toolstack
