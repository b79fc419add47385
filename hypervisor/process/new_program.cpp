// Starting a program in a running family: a process without a relative to copy, as the family's root is one.
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <kx/abi/memory_map.hpp>

#include "hypervisor/boot/loader.hpp"
#include "hypervisor/boot/program.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"

namespace kx::hv {

namespace {

constexpr std::uint64_t first_ram_slot_size = 32ull << 20;

void add_streams(Pvm& pvm, abi::BootInfo& info, std::array<UniqueFd, 3>& streams) {
  for (std::size_t i = 0; i < streams.size(); ++i) {
    struct stat status {};
    const bool open = streams[i].is_open() && ::fstat(streams[i].get(), &status) == 0;
    info.streams[i] = open ? abi::StandardStream{1, status.st_mode, status.st_rdev} : abi::StandardStream{};
    KX_VERIFY(pvm.handles().add(std::move(streams[i])) == static_cast<std::int32_t>(i));
  }
}

// The first table of RAM maps one GiB: the slot must lie inside.
bool crosses_table(const Slot& slot) {
  return slot.gpa >> 30 != (slot.gpa + slot.size - 1) >> 30;
}

}  // namespace

std::string argument_block(const std::vector<std::string>& argv) {
  std::string block;
  for (const std::string& argument : argv) {
    block.append(argument).push_back('\0');
    if (block.size() >= ProcessTable::command_limit) {
      break;
    }
  }
  block.resize(std::min(block.size(), ProcessTable::command_limit));
  return block;
}

Result<std::shared_ptr<Pvm>> Family::make_first_pvm(ProcessId pid) {
  std::shared_ptr<Pvm> misplaced;  // keeps its place, so that the next one gets another
  for (;;) {
    KX_TRY_ASSIGN(std::shared_ptr<Pvm> pvm, make_pvm(pid));
    KX_TRY(pvm->memory().attach(&pvm->vm(), first_ram_slot_size));
    if (!crosses_table(pvm->memory().first_ram())) {
      return pvm;
    }
    misplaced = std::move(pvm);
  }
}

Result<ProcessId> Family::start_program(NewProgram program) {
  BootParameters boot;
  boot.working_directory = program.working_directory.empty() ? sandbox_.working_directory() : program.working_directory;
  KX_TRY_ASSIGN(boot.program, find_program(program.argv.front(), program.environment, boot.working_directory));
  if (processes_.is_full()) {
    return Unexpected{system_error_from(EAGAIN, "the family has as many processes as it may").with_cure("--pids-max")};
  }
  const ProcessId pid = processes_.next_id();
  KX_TRY_ASSIGN(const std::shared_ptr<Pvm> pvm, make_first_pvm(pid));
  KX_TRY_ASSIGN(const auto header, load_libos(pvm->memory()));
  write_system_tables(pvm->memory(), header);
  const std::string arguments = argument_block(program.argv);
  boot.argv = std::move(program.argv);
  boot.environment = std::move(program.environment);
  boot.hostname = hostname_;
  boot.info = boot_info_;
  boot.info.pid = boot.info.group_id = boot.info.session_id = static_cast<std::uint32_t>(pid);
  boot.info.umask = program.umask;
  boot.info.ignored_signals = boot.info.blocked_signals = 0;
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  boot.info.start_time_ns =
      static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
  add_streams(*pvm, boot.info, program.streams);
  KX_TRY(write_boot_info(pvm->memory(), boot, cpu_));
  KX_TRY(pvm->prepare());
  pvm->set_parent(init_process);
  pvm->set_requested(boot.program);
  KX_TRY(processes_.add_root(pid, pid, pid, boot.info.identity, pvm));
  processes_.change(pid, [&](ProcessTable::Process& process) { process.arguments = arguments; });
  static_cast<void>(start_collector());  // or the next fork tries again
  const EntryPoint entry{header.entry_gva, abi::linear_gva(abi::vcpu0_gpa + abi::vcpu_stack_top),
                         abi::linear_gva(abi::vcpu0_gpa), abi::boot_pml4_gpa};
  if (auto started = pvm->start_vcpu(Gpa{abi::vcpu0_gpa}, entry); !started) {
    processes_.remove(pid);
    return Unexpected{std::move(started).error()};
  }
  return pid;
}

}  // namespace kx::hv
