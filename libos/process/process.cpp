#include "process/process.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <kx/abi/boot.hpp>

#include "host/host_call.hpp"
#include "process/clock.hpp"

namespace kx::libos {

namespace {

Process process;

// A pool that host entropy fills; every byte is used once.
constexpr u64 pool_size = 1024;
u8 pool[pool_size];
u64 pool_left;
Mutex pool_mutex;

}  // namespace

Process& Process::instance() {
  return process;
}

void Process::start_in_child(u32 own_pid) {
  pid = own_pid;
  parent_death_signal = 0;
  child_subreaper = 0;
  start_time_ns = boottime_ns();
  pool_left = 0;  // the parent uses the same bytes
}

// SAFETY: a word of the system slot that the hypervisor writes.
u32 parent_pid() {
  return std::atomic_ref(reinterpret_cast<abi::Inbox*>(abi::linear_gva(abi::inbox_gpa))->parent_pid)
      .load(std::memory_order_acquire);
}

i64 process_group(u32 pid) {
  return host_call(abi::HostCall::ProcessGet, CallKind::Quick, static_cast<u64>(abi::ProcessAttribute::Group), pid);
}

i64 process_session(u32 pid) {
  return host_call(abi::HostCall::ProcessGet, CallKind::Quick, static_cast<u64>(abi::ProcessAttribute::Session), pid);
}

ProcessTerminal process_terminal(u32 pid) {
  const auto attribute = static_cast<u64>(abi::ProcessAttribute::Terminal);
  const HostReply reply =
      host_call_raw(static_cast<u32>(abi::HostCall::ProcessGet), {{attribute, pid}, 0}, CallKind::Quick);
  if (reply.result <= 0) {
    return {};
  }
  return {static_cast<u64>(reply.result), static_cast<i64>(reply.extra[0])};
}

u64 resource_limit(u32 resource) {
  return process.limits[resource][0];
}

void random_bytes(void* to, u64 size) {
  auto* bytes = static_cast<u8*>(to);
  const Lock lock(pool_mutex);
  while (size > 0) {
    if (pool_left == 0) {
      u8* buffer = call_buffer() + fault_buffer_offset;
      host_call(abi::HostCall::Random, CallKind::Quick, fault_buffer_offset, pool_size);
      std::memcpy(pool, buffer, pool_size);
      std::memset(buffer, 0, pool_size);
      pool_left = pool_size;
    }
    const u64 count = std::min(size, pool_left);
    std::memcpy(bytes, pool + pool_size - pool_left, count);
    std::memset(pool + pool_size - pool_left, 0, count);
    pool_left -= count;
    bytes += count;
    size -= count;
  }
}

}  // namespace kx::libos
