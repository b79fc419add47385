// Services: what the host calls of one pVM work on; everything but the memory may be left out in tests.
#pragma once

#include <cstdint>

#include "hypervisor/boot/sandbox.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/process/handle_table.hpp"
#include "hypervisor/services/clock.hpp"
#include "hypervisor/services/job_control.hpp"

namespace kx::hv {

class Pvm;
class ServiceThread;
class TimerService;

// Who owns a record lock (fcntl(2), F_SETLK) of this pVM on the host.
enum class RecordLocks : std::uint8_t {
  OfProcess,  // the kx process: exactly POSIX, as long as the family has one pVM
  OfFile,     // the open file description: keeps relatives apart, but two opens of one file in a pVM conflict
};

struct Services {
  GuestMemory& memory;
  HandleTable& handles;
  Clock& clock;
  const Sandbox* sandbox = nullptr;  // null: devices, HostInfo and HandlePath answer -ENOENT
  TimerService* timers = nullptr;    // null: TimerArm answers -ENOSYS
  Pvm* pvm = nullptr;                // null: the process calls answer -ENOSYS
  JobControl* jobs = nullptr;        // null: terminals answer -ENOTTY when asked about processes
  RecordLocks record_locks = RecordLocks::OfProcess;
  ServiceThread* service = nullptr;  // is told which vCPUs wait
};

}  // namespace kx::hv
