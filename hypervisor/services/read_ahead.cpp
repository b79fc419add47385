// HostCall::WaitEvents: epoll_wait(2), and what the connections that are ready have received (abi/event_loop.hpp).
#include <linux/sock_diag.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <kx/abi/event_loop.hpp>

#include "hypervisor/services/call_support.hpp"
#include "hypervisor/services/epoll_targets.hpp"
#include "hypervisor/services/write_behind.hpp"

namespace kx::hv {

namespace {

constexpr std::size_t most_events = abi::vcpu_call_buffer_size / sizeof(epoll_event);
using Events = std::array<epoll_event, most_events>;

// What a socket takes at once for sure: of what is left of its buffer a part, as that also holds what the host keeps
// about the data (SO_MEMINFO, sock_diag(7)).
std::uint16_t room_of(int fd) {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t length = sizeof memory;
  if (::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory.data(), &length) != 0) {
    return 0;
  }
  const std::int64_t left = std::int64_t{memory[SK_MEMINFO_SNDBUF]} - memory[SK_MEMINFO_WMEM_QUEUED];
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(left / 4, 0, abi::write_behind_limit));
}

// What the connections that the events tell of have received, into `area`.
class Ahead {
 public:
  Ahead(const CallContext& context, std::uint64_t epoll, abi::EventLoopArea& area)
      : context_(context), epoll_(epoll), area_(area) {}

  // How many of them there are.
  std::uint32_t read(std::span<const epoll_event> events);

 private:
  void read(std::uint64_t handle, int fd);

  const CallContext& context_;
  std::uint64_t epoll_;
  abi::EventLoopArea& area_;
  std::size_t used_ = 0;  // bytes
  std::uint32_t count_ = 0;
};

void Ahead::read(std::uint64_t handle, int fd) {
  constexpr std::size_t least = 256;
  abi::ReadAhead record{};
  record.handle = static_cast<std::uint32_t>(handle);
  record.offset = static_cast<std::uint32_t>(used_);
  record.result = abi::not_read;
  if (const std::size_t limit = std::min<std::size_t>(abi::read_ahead_limit, abi::received_size - used_);
      limit >= least) {
    const ssize_t received = ::recv(fd, area_.received + used_, limit, MSG_PEEK | MSG_DONTWAIT);
    if (received < 0 && errno == EAGAIN) {
      return;
    }
    record.result = static_cast<std::int32_t>(received < 0 ? -errno : received);
    record.is_all = received < static_cast<ssize_t>(limit) ? 1 : 0;
    used_ += static_cast<std::size_t>(std::max<ssize_t>(received, 0));
  }
  record.room = record.result > 0 || record.result == abi::not_read ? room_of(fd) : std::uint16_t{0};
  area_.ahead[count_++] = record;
}

std::uint32_t Ahead::read(std::span<const epoll_event> events) {
  for (const epoll_event& event : events) {
    if (count_ == abi::most_read_ahead) {
      break;
    }
    const std::uint32_t about = event.events & (EPOLLIN | EPOLLPRI | EPOLLERR | EPOLLHUP);
    const auto handle = about == EPOLLIN ? context_.services.epoll_targets->find(epoll_, event.data.u64) : std::nullopt;
    const HandleTable::File file = handle ? context_.services.handles.get_accepted_alone(*handle) : nullptr;
    if (file != nullptr && !is_held_back(context_, file)) {
      read(*handle, file->get());
    }
  }
  return count_;
}

// Without waiting first: event loops mostly find something ready, and a kick ends a wait, not a look.
std::int64_t wait_for_events(const CallContext& context, int epoll, Events& events, std::uint64_t capacity,
                             int timeout_ms) {
  SyscallArgs args{static_cast<std::uint64_t>(epoll), address_of(events.data()), capacity, 0};
  const std::int64_t ready = host_syscall(SYS_epoll_wait, args);
  if (ready != 0 || timeout_ms == 0) {
    return ready;
  }
  if (!context.may_block()) {
    return abi::result_must_exit;
  }
  args[3] = static_cast<std::uint64_t>(timeout_ms);
  return host_syscall_blocking(context, SYS_epoll_wait, args);
}

}  // namespace

std::int64_t serve_wait_events(CallContext& context, Call& call) {
  call.extra[0] = 0;
  const HandleTable::File epoll = context.services.handles.get(call.args[0]);
  if (epoll == nullptr) {
    return -EBADF;
  }
  const std::uint64_t capacity = call.args[1];
  if (capacity == 0 || capacity > context.buffer.size() / sizeof(epoll_event)) {
    return -EINVAL;
  }
  Events events;
  const std::int64_t count = wait_for_events(context, epoll->get(), events, capacity, static_cast<int>(call.args[2]));
  if (count <= 0) {
    return count;
  }
  const auto found = std::span<const epoll_event>(events).first(static_cast<std::size_t>(count));
  std::memcpy(context.buffer.data(), found.data(), found.size_bytes());
  WriteBehind* const write_behind = context.services.write_behind;
  const EpollTargets* const targets = context.services.epoll_targets;
  if (call.args[3] == 0 || write_behind == nullptr || targets == nullptr || !targets->has_any(call.args[0])) {
    return count;
  }
  abi::EventLoopArea* const area = write_behind->area();
  call.extra[0] = area == nullptr ? 1 : Ahead(context, call.args[0], *area).read(found);
  if (area != nullptr && call.extra[0] != 0) {
    write_behind->arm();
  }
  return count;
}

// What was queued is done already: services/host_calls.cpp.
std::int64_t serve_write_behind(CallContext& context, Call& call) {
  if (context.services.write_behind == nullptr) {
    return -ENOSYS;
  }
  return call.args[0] == abi::no_memory ? 0
                                        : context.services.write_behind->attach(context.services, Gpa{call.args[0]});
}

bool is_held_back(const CallContext& context, const HandleTable::File& file) {
  return context.services.write_behind != nullptr && context.services.write_behind->holds_back(file);
}

}  // namespace kx::hv
