// Services: what the host calls of one pVM work on; everything but the memory may be left out in tests.
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>
#include <kx/abi/components.hpp>

#include "hypervisor/boot/sandbox.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/process/handle_table.hpp"
#include "hypervisor/services/clock.hpp"
#include "hypervisor/services/job_control.hpp"

namespace kx::hv {

class Pvm;
class ProcessWatches;
class ProgramFiles;
class ServiceThread;
class TimerService;
class EpollTargets;
class WriteBehind;
struct FamilyIpc;

namespace libraries {
class Guard;
}

struct Services {
  GuestMemory& memory;
  HandleTable& handles;
  Clock& clock;
  const Sandbox* sandbox = nullptr;       // null: devices, HostInfo and HandlePath answer -ENOENT
  TimerService* timers = nullptr;         // null: TimerArm answers -ENOSYS
  Pvm* pvm = nullptr;                     // null: the process calls answer -ENOSYS
  JobControl* jobs = nullptr;             // null: terminals answer -ENOTTY when asked about processes
  ServiceThread* service = nullptr;       // is told which vCPUs wait
  FamilyIpc* ipc = nullptr;               // the family's; null: System V IPC and record locks answer -ENOSYS
  ProcessWatches* watches = nullptr;      // the family's; null: no descriptor that is received is one of a process
  ProgramFiles* programs = nullptr;       // the family's; null: no file is one of a running program
  libraries::Guard* libraries = nullptr;  // the family's; null: whatever there is may be executed
  const cpu_set_t* processors = nullptr;  // that the family may use; null: all
  WriteBehind* write_behind = nullptr;    // null: WriteBehind answers -ENOSYS
  EpollTargets* epoll_targets = nullptr;  // null: nothing is read ahead
  std::int32_t process_id = 2;            // of the pVM, as its family knows it
  std::uint32_t components = abi::all_components;  // of the library OS that it may use: the rest's calls are refused
  // A thread of the pVM, or of one it was forked from, has changed who it is: only its own may ask for what depends on
  // it.
  std::atomic<bool> has_own_identity = false;
};

}  // namespace kx::hv
