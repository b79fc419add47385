#include "files/recent_open.hpp"

#include <cstring>

#include "files/open_file.hpp"
#include "host/host_call.hpp"
#include "process/process.hpp"
#include "process/thread.hpp"

namespace kx::libos {

namespace {

// Relatives may tell of a change by shared memory, which takes them a while.
constexpr u64 limit_tsc = 5'000'000, limit_among_relatives_tsc = 100'000;

u64 limit() {
  return Process::instance().has_relatives ? limit_among_relatives_tsc : limit_tsc;
}

u32 calls_so_far() {
  return std::atomic_ref(host_call_marks().calls).load(std::memory_order_relaxed);
}

}  // namespace

void note_open(u64 handle, u64 offset) {
  RecentOpen& recent = Thread::current().recent_open;
  recent.handle = handle;
  recent.calls = calls_so_far();
  recent.tsc = read_tsc();
  std::memcpy(&recent.status, call_buffer() + offset, sizeof recent.status);
}

const struct stat* recent_status(const OpenFile& file) {
  const RecentOpen& recent = Thread::current().recent_open;
  return recent.handle == file.handle() && recent.calls == calls_so_far() && read_tsc() - recent.tsc < limit()
             ? &recent.status
             : nullptr;
}

}  // namespace kx::libos
