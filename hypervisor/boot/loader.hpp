// Builds the first state of a pVM: library-OS image, descriptor tables, page tables, boot information, vCPU state.
#pragma once

#include <cstdint>
#include <kx/abi/boot.hpp>
#include <string>
#include <vector>

#include "hypervisor/boot/cpuid.hpp"
#include "hypervisor/error.hpp"
#include "hypervisor/kvm/vm.hpp"
#include "hypervisor/memory/guest_memory.hpp"

namespace kx::hv {

struct BootParameters {
  std::string program;  // path in the view
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::string working_directory;
  std::string hostname;
  abi::BootInfo info{};  // identity, limits, streams; the loader fills the rest
};

// Copies the embedded library-OS image to its places, what never changes once for the family, and checks its header.
Result<abi::LibosHeader> load_libos(GuestMemory& memory);

// Writes descriptor tables and the page tables of the linear window for the memory there is: a first RAM slot inside
// one GiB.
void write_system_tables(GuestMemory& memory, const abi::LibosHeader& header);

// Prepares a vCPU area (page, tables) at `area`: the library OS's stack, exception hand-over, task state.
void write_vcpu_area(GuestMemory& memory, const abi::LibosHeader& header, Gpa area, std::uint32_t index);

// Writes boot information and arguments. Errors: arguments too long (E2BIG).
Result<void> write_boot_info(GuestMemory& memory, const BootParameters& parameters, const GuestCpu& cpu);

struct EntryPoint {
  std::uint64_t rip_gva;
  std::uint64_t rsp_gva;
  std::uint64_t argument;  // RDI
  std::uint64_t cr3;
};

// Gives a new vCPU what stays the same for its life: CPUID, TSC.
Result<void> set_identity(kvm::Vcpu& vcpu, const GuestCpu& cpu);

// Puts a vCPU, new or used, at CPL3 at `entry`, with GS at its area.
Result<void> set_initial_state(kvm::Vcpu& vcpu, const abi::LibosHeader& header, Gpa area, const GuestCpu& cpu,
                               const EntryPoint& entry);

// For a vCPU in that state: only the place to start at.
Result<void> set_entry(kvm::Vcpu& vcpu, const EntryPoint& entry);

// Writes what CPUID answers on `vcpu`, whose state is set, into the page the library OS answers from.
Result<void> write_cpuid_table(GuestMemory& memory, kvm::Vcpu& vcpu, const GuestCpu& cpu);

}  // namespace kx::hv
