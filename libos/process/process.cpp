#include "process/process.hpp"

#include <algorithm>
#include <cstring>

#include "host/host_call.hpp"

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
