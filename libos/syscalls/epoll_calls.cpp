// epoll(7): which descriptors it watches, and waiting for them.
#include <sys/epoll.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <kx/abi/syscall_shapes.hpp>

#include "files/epoll_numbers.hpp"
#include "files/fd_table.hpp"
#include "files/ready_streams.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/tlb.hpp"
#include "syscalls/dispatch.hpp"
#include "syscalls/poll_wait.hpp"

namespace kx::libos {

namespace {

constexpr i64 ns_per_ms = 1'000'000;

// In Linux's order of checks.
i64 call_epoll_ctl(Context& context) {
  const auto operation = static_cast<i32>(context.rsi);
  epoll_event event{};
  if (operation != EPOLL_CTL_DEL && !read_user(event, context.r10)) {
    return -EFAULT;
  }
  const FileRef epoll = FdTable::instance().get(context.rdi);
  const FileRef file = FdTable::instance().get(context.rdx);
  if (!epoll || !file) {
    return -EBADF;
  }
  if (epoll->kind() == FileKind::Process) {
    return -EINVAL;
  }
  if (file->kind() == FileKind::Signal) {
    // On the host it is an eventfd, which can be written.
    event.events &= ~static_cast<u32>(EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
  }
  const bool adds = operation == EPOLL_CTL_ADD;
  const bool is_known = adds || operation == EPOLL_CTL_MOD || operation == EPOLL_CTL_DEL;
  const i64 handle = is_known
                         ? epoll_handle(*file, static_cast<u32>(context.rdx), adds ? EpollUse::Add : EpollUse::Other)
                         : static_cast<i64>(file->handle());
  if (handle < 0) {
    return handle;
  }
  std::memcpy(call_buffer(), &event, sizeof event);
  const u64 offset = operation == EPOLL_CTL_DEL ? abi::null_offset : 0;
  return host_call_raw(SYS_epoll_ctl,
                       {{epoll->handle(), static_cast<u64>(operation), static_cast<u64>(handle), offset}, 0},
                       CallKind::Quick)
      .result;
}

constexpr u64 epoll_record = 12;  // struct epoll_event, packed
constexpr i64 most_events = static_cast<i64>(fault_buffer_offset / epoll_record);

// How many records have room where the program wants them.
u64 records_that_fit(u64 address, i64 wanted) {
  const u64 size = static_cast<u64>(std::min(wanted, most_events)) * epoll_record;
  // SAFETY: the call buffer is this vCPU's own until the host call; segments fit below the fault buffer.
  auto* segments = reinterpret_cast<abi::Segment*>(call_buffer());
  u32 count = 0;
  return AddressSpace::instance().segments(address, size, true, segments, abi::max_segments, count) / epoll_record;
}

// Takes what is ready, up to `capacity` records, into the call buffer. With room for none it stays where it is: an
// event that is reported once must not get lost.
i64 take_events(const OpenFile& file, u64 capacity, i64 timeout_ns) {
  const IdleSection idle;
  if (capacity == 0) {
    const abi::PollEntry entry{static_cast<i32>(file.handle()), EPOLLIN, 0};
    std::memcpy(call_buffer(), &entry, sizeof entry);
    const i64 ready = host_call(abi::HostCall::Poll, CallKind::Quick, 0, 1, static_cast<u64>(timeout_ns));
    return ready > 0 ? -EFAULT : ready;
  }
  const i64 milliseconds = timeout_ns < 0 ? -1 : std::min<i64>((timeout_ns + ns_per_ms - 1) / ns_per_ms, INT32_MAX);
  const ReadyStreams::Wait wait = ReadyStreams::instance().begin();
  const HostReply reply =
      host_call_raw(static_cast<u32>(abi::HostCall::WaitEvents),
                    {{file.handle(), capacity, static_cast<u64>(milliseconds), wait.reads_ahead ? u64{1} : u64{0}}, 0},
                    CallKind::Quick);
  ReadyStreams::instance().take(wait, reply);
  return reply.result;
}

i64 do_epoll_wait(Context& context, const Deadline& deadline) {
  const i64 wanted = static_cast<i32>(context.rdx);
  const FileRef file = FdTable::instance().get(context.rdi);
  if (wanted <= 0 || wanted > INT32_MAX / static_cast<i64>(epoll_record)) {
    return -EINVAL;
  }
  if (outside(context.rsi, static_cast<u64>(wanted) * epoll_record, 0, abi::user_end)) {
    return -EFAULT;
  }
  if (!file) {
    return -EBADF;
  }
  const u64 capacity = records_that_fit(context.rsi, wanted);
  bool first = true;
  const i64 count = wait_until(deadline, [&](i64 remaining_ns) -> i64 {
    const bool signal_waits = first && remaining_ns != 0 && vcpu_page().pending != 0;
    first = false;
    const i64 ready = take_events(*file, capacity, signal_waits ? 0 : remaining_ns);
    return signal_waits && ready == 0 ? -EINTR : ready;
  });
  if (count <= 0) {
    return count;
  }
  return copy_to_user(context.rsi, call_buffer(), static_cast<u64>(count) * epoll_record) ? count : -EFAULT;
}

Deadline from_milliseconds(u64 value) {
  const auto timeout_ms = static_cast<i32>(value);
  return timeout_ms < 0 ? Deadline() : Deadline::after(static_cast<u64>(timeout_ms * ns_per_ms));
}

i64 call_epoll_wait(Context& context) {
  return do_epoll_wait(context, from_milliseconds(context.r10));
}

i64 call_epoll_pwait(Context& context) {
  WaitMask mask;
  if (const i64 result = mask.set(context.r8, context.r9); result != 0) {
    return result;
  }
  return mask.finish(do_epoll_wait(context, from_milliseconds(context.r10)));
}

i64 call_epoll_pwait2(Context& context) {
  Deadline deadline;
  if (const i64 result = read_timespec(context.r10, deadline); result != 0) {
    return result;
  }
  WaitMask mask;
  if (const i64 result = mask.set(context.r8, context.r9); result != 0) {
    return result;
  }
  return mask.finish(do_epoll_wait(context, deadline));
}

constexpr SyscallEntry entries[] = {
    {SYS_epoll_ctl, call_epoll_ctl},
    {SYS_epoll_wait, call_epoll_wait},
    {SYS_epoll_pwait, call_epoll_pwait},
    {441 /* epoll_pwait2 */, call_epoll_pwait2},
};

}  // namespace

std::span<const SyscallEntry> epoll_calls() {
  return entries;
}

}  // namespace kx::libos
