// Linux system calls passed through to the host: decoded, checked and carried out by their shape.
#include "hypervisor/services/passthrough.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <kx/abi/syscall_shapes.hpp>
#include <utility>

#include "hypervisor/ipc/family_ipc.hpp"
#include "hypervisor/ipc/socket_peers.hpp"
#include "hypervisor/services/call_support.hpp"
#include "hypervisor/services/host_objects.hpp"
#include "hypervisor/services/job_control.hpp"
#include "hypervisor/services/socket_policy.hpp"

namespace kx::hv {

namespace {

using abi::ArgKind;
using abi::ArgShape;
using abi::SyscallShape;

}  // namespace

// Calls that are the same for a pipe wherever its data are.
bool Passthrough::asks_for_no_data() const {
  return shape_.number == SYS_fstat || shape_.number == SYS_newfstatat || shape_.number == SYS_statx ||
         shape_.number == SYS_lseek || shape_.number == SYS_fadvise64;
}

std::int64_t Passthrough::decode_handle(std::size_t i) {
  const HandleTable& handles = context_.services.handles;
  const bool is_waited_for = shape_.number == SYS_epoll_ctl && i == 2;
  if (asks_for_no_data()) {
    files_[i] = handles.get_stream(call_.args[i]).file;
  } else {
    files_[i] = is_waited_for ? handles.get_to_wait(call_.args[i]) : handles.get(call_.args[i]);
  }
  if (files_[i] == nullptr) {
    return -EBADF;
  }
  host_[i] = static_cast<std::uint64_t>(files_[i]->get());
  return 0;
}

std::int64_t Passthrough::decode_path(std::size_t i) {
  const std::size_t capacity = std::min<std::size_t>(context_.buffer.size(), 4096);
  char* path = reinterpret_cast<char*>(scratch_.take(capacity));  // SAFETY: private bytes used as text
  if (const std::int64_t error = copy_string(context_, call_.args[i], path, capacity); error != 0) {
    return error;
  }
  const bool absolute = path[0] == '/';
  const bool is_descriptor = shape_.number == SYS_inotify_add_watch && path[0] == 0;
  if (shape_.args[i].kind == ArgKind::CwdPath && !absolute && !is_descriptor) {
    if (const std::int64_t error = enter_directory(context_, call_.extra[0]); error != 0) {
      return error;
    }
  }
  if (std::exchange(no_directory_, false) && !absolute) {
    return -EBADF;
  }
  host_[i] = address_of(path);
  return 0;
}

std::int64_t Passthrough::decode_in(std::size_t i, std::uint64_t size) {
  const std::byte* from = buffer_at(context_, size == 0 ? 0 : call_.args[i], size);
  if (from == nullptr) {
    return -EFAULT;
  }
  private_[i] = scratch_.take(size);
  copy_once(private_[i], from, size);
  host_[i] = address_of(private_[i]);
  return 0;
}

// The host kernel writes straight into the call buffer: nothing there is read back.
std::int64_t Passthrough::decode_out(std::size_t i, std::uint64_t size) {
  std::byte* to = buffer_at(context_, size == 0 ? 0 : call_.args[i], size);
  if (to == nullptr) {
    return -EFAULT;
  }
  host_[i] = address_of(to);
  return 0;
}

std::int64_t Passthrough::decode(std::size_t i) {
  const ArgShape& arg = shape_.args[i];
  const std::uint64_t value = call_.args[i];
  switch (arg.kind) {
    case ArgKind::None:
    case ArgKind::OutSized:  // in a second pass: needs the length it points to
      return 0;
    case ArgKind::Int:
      host_[i] = value;
      return 0;
    case ArgKind::Handle:
      return decode_handle(i);
    case ArgKind::DirHandle:
      no_directory_ = is_no_directory(value);
      if (no_directory_) {
        host_[i] = static_cast<std::uint64_t>(AT_FDCWD);
        return 0;
      }
      return decode_handle(i);
    case ArgKind::PathOrNull:
      if (value == null_offset) {
        return no_directory_ ? -EBADF : 0;
      }
      return decode_path(i);
    case ArgKind::Path:
    case ArgKind::CwdPath:
      return decode_path(i);
    case ArgKind::InOrNull:
    case ArgKind::InOutOrNull:
      return value == null_offset ? 0 : decode_in(i, arg.size);
    case ArgKind::In:
    case ArgKind::InOut:
      return decode_in(i, arg.size);
    case ArgKind::InLength:
      return call_.args[arg.index] > context_.buffer.size() ? -EFAULT : decode_in(i, call_.args[arg.index]);
    case ArgKind::OutOrNull:
      return value == null_offset ? 0 : decode_out(i, arg.size);
    case ArgKind::Out:
      return decode_out(i, arg.size);
    case ArgKind::OutLength:
      return decode_out(i, call_.args[arg.index]);
    case ArgKind::OutItems: {
      const std::uint64_t count = call_.args[arg.index];
      return count > context_.buffer.size() ? -EFAULT : decode_out(i, count * arg.size);
    }
  }
  return -ENOSYS;
}

std::int64_t Passthrough::decode_sized(std::size_t i) {
  const ArgShape& arg = shape_.args[i];
  std::byte* length = private_[arg.index];
  if (length == nullptr || call_.args[i] == null_offset) {
    return 0;  // a null pointer: the host knows whether that is allowed
  }
  std::uint32_t capacity;
  std::memcpy(&capacity, length, sizeof(capacity));
  if (static_cast<std::int32_t>(capacity) < 0) {
    return -EINVAL;
  }
  capacity = std::min<std::uint32_t>(capacity, arg.size);
  std::memcpy(length, &capacity, sizeof(capacity));
  return decode_out(i, capacity);
}

// An argument that is 0 for the caller's own thread, or 1 + the index of another vCPU: becomes the number of a thread.
std::int64_t Passthrough::name_thread(std::size_t i) {
  if (call_.args[i] == 0) {
    return 0;
  }
  JobControl* const jobs = context_.services.jobs;
  const auto thread = jobs != nullptr ? jobs->host_thread(static_cast<std::uint32_t>(call_.args[i] - 1)) : std::nullopt;
  if (!thread) {
    return -ESRCH;
  }
  host_[i] = static_cast<std::uint64_t>(thread->id);
  return 0;
}

// What a shape cannot say.
std::int64_t Passthrough::check() {
  switch (shape_.number) {
    case SYS_sched_getaffinity:
    case SYS_sched_setaffinity:
      return name_thread(0);
    case SYS_getpriority:
    case SYS_setpriority:
      if (int_arg(0) != PRIO_PROCESS) {
        return -EINVAL;
      }
      return name_thread(1);
    case SYS_mq_open:
    case SYS_mq_unlink:  // the host's queues are nobody's here
      return context_.services.sandbox != nullptr && context_.services.sandbox->has_own_ipc() ? 0 : -ENOSYS;
    case SYS_socket:
    case SYS_socketpair:
      return socket_allowed(int_arg(0), int_arg(1), int_arg(2)) ? 0 : -EAFNOSUPPORT;
    case SYS_setsockopt:
    case SYS_getsockopt:
      return !is_socket_level(int_arg(1)) || socket_option_allowed(int_arg(1), int_arg(2)) ? 0 : -ENOPROTOOPT;
    default:
      return 0;
  }
}

// A program that runs is not made shorter; nothing overtakes what was written to a connection before.
std::int64_t Passthrough::check_file() const {
  if ((shape_.number == SYS_sendfile && is_held_back(context_, files_[0])) ||
      (shape_.number == SYS_splice && is_held_back(context_, files_[2]))) {
    return -EAGAIN;
  }
  // SAFETY: set by decode_path
  return shape_.number == SYS_truncate
             ? check_running_program(context_, AT_FDCWD, reinterpret_cast<const char*>(host_[0]), 0)
             : 0;
}

// Descriptors of the hypervisor never survive an exec; the library OS keeps the flag the program asked for.
void Passthrough::set_close_on_exec() {
  static_assert(EFD_CLOEXEC == O_CLOEXEC && SOCK_CLOEXEC == O_CLOEXEC);
  switch (shape_.number) {
    case SYS_epoll_create1:
    case SYS_inotify_init1:
      host_[0] |= O_CLOEXEC;
      break;
    case SYS_pipe2:
    case SYS_eventfd2:
    case SYS_timerfd_create:
    case SYS_socket:
    case SYS_socketpair:
      host_[1] |= O_CLOEXEC;
      break;
    case SYS_memfd_create:
      host_[1] |= 1;  // MFD_CLOEXEC
      break;
    case SYS_accept4:
      host_[3] |= O_CLOEXEC;
      break;
    default:
      break;
  }
}

// As a cpuset does (sched_setaffinity(2)): of the processors asked for, those the family may use.
void Passthrough::confine_affinity() {
  const cpu_set_t* usable = context_.services.processors;
  if (shape_.number != SYS_sched_setaffinity || usable == nullptr || private_[2] == nullptr) {
    return;
  }
  const auto* mask = reinterpret_cast<const std::byte*>(usable);  // SAFETY: read as bytes
  for (std::uint64_t i = 0; i < call_.args[1]; ++i) {
    private_[2][i] &= i < sizeof *usable ? mask[i] : std::byte{0};
  }
}

// Linux keeps affinity and nice value per thread: they are the vCPU thread's.
bool Passthrough::belongs_to_caller_thread() const {
  switch (shape_.number) {
    case SYS_sched_getaffinity:
    case SYS_sched_setaffinity:
      return call_.args[0] == 0;
    case SYS_getpriority:
    case SYS_setpriority:
      return call_.args[1] == 0;
    default:
      return (shape_.flags & abi::shape_slow) != 0;
  }
}

void Passthrough::copy_results() {
  for (std::size_t i = 0; i < argument_count; ++i) {
    const ArgKind kind = shape_.args[i].kind;
    if ((kind == ArgKind::InOut || kind == ArgKind::InOutOrNull) && private_[i] != nullptr) {
      std::memcpy(context_.buffer.data() + call_.args[i], private_[i], shape_.args[i].size);
    }
  }
}

// The handles of a new pipe; extra[0]: its ring's number and 1, or 0.
std::array<std::int32_t, 2> Passthrough::add_pipe(UniqueFd reading, UniqueFd writing) {
  HandleTable& handles = context_.services.handles;
  call_.extra[0] = 0;
  if (context_.services.ipc == nullptr || (call_.args[1] & O_DIRECT) != 0) {
    return {handles.add(std::move(reading)), handles.add(std::move(writing))};
  }
  auto pipe = context_.services.ipc->rings->make(std::move(reading), std::move(writing));
  if (pipe.ring != nullptr) {
    call_.extra[0] = pipe.ring->number() + 1;
  }
  return handles.add_pipe(std::move(pipe.reading), std::move(pipe.writing), pipe.ring);
}

// pipe2 and socketpair: the two descriptors the host wrote into private memory become handles.
std::int64_t Passthrough::finish_pair(std::int64_t result) {
  const auto* arg = std::find_if(std::begin(shape_.args), std::end(shape_.args),
                                 [](const ArgShape& a) { return a.kind == ArgKind::Out; });
  const auto i = static_cast<std::size_t>(arg - std::begin(shape_.args));
  int fds[2];
  std::memcpy(fds, private_[i], sizeof(fds));
  HandleTable& handles = context_.services.handles;
  UniqueFd one(fds[0]), other(fds[1]);
  const bool is_pipe = shape_.number == SYS_pipe2;
  const auto added = is_pipe ? add_pipe(std::move(one), std::move(other))
                             : std::array{handles.add(std::move(one)), handles.add(std::move(other))};
  if (added[0] < 0 || added[1] < 0) {
    if (added[0] >= 0) {
      handles.remove(static_cast<std::uint64_t>(added[0]));
    }
    return -EMFILE;
  }
  if (ipc::SocketPeers* peers = socket_peers(context_); peers != nullptr && !is_pipe) {
    peers->paired(fds[0], process_id(context_));
    peers->paired(fds[1], process_id(context_));
  }
  std::memcpy(context_.buffer.data() + call_.args[i], added.data(), sizeof(added));
  return result;
}

// As /proc/meminfo: no more memory than the pVM may have.
void Passthrough::cap_memory() {
  std::byte* const place = context_.buffer.data() + call_.args[0];
  struct sysinfo information;
  std::memcpy(&information, place, sizeof information);  // the guest may change it meanwhile, at its own cost
  const std::uint64_t limit = context_.services.memory.limit() / std::max(information.mem_unit, 1u);
  information.totalram = std::min(information.totalram, limit);
  information.freeram = std::min(information.freeram, limit);
  std::memcpy(place, &information, sizeof information);
}

std::int64_t Passthrough::finish(std::int64_t result) {
  if (result < 0) {
    return result;
  }
  tell_address();
  copy_results();
  if (shape_.number == SYS_sysinfo) {
    cap_memory();
  }
  note_result(result);
  if (shape_.number == SYS_mq_timedsend && context_.services.ipc != nullptr) {
    context_.services.ipc->notifications.sent(process_id(context_), ::getuid());
  }
  if ((shape_.flags & abi::shape_returns_handle) != 0) {
    const std::int64_t handle = add_handle(context_, static_cast<int>(result));
    note_handle(handle);
    return handle;
  }
  return (shape_.flags & abi::shape_returns_handle_pair) != 0 ? finish_pair(result) : result;
}

// An empty path stands for the handle's file, which is reached by its name in procfs: fchmodat(2) takes no
// AT_EMPTY_PATH (fchmodat2, since Linux 6.6, does), and fchmod(2) no O_PATH; linkat(2) takes it, but before Linux 6.10
// only with CAP_DAC_READ_SEARCH, which we gave up.
std::int64_t Passthrough::name_descriptor() {
  const bool links = shape_.number == SYS_linkat && (int_arg(4) & AT_EMPTY_PATH) != 0;
  if (shape_.number != SYS_fchmodat && !links) {
    return 0;
  }
  char* path = reinterpret_cast<char*>(host_[1]);  // SAFETY: set by decode_path
  if (*path != 0 || files_[0] == nullptr) {
    return 0;
  }
  if (context_.services.sandbox == nullptr) {
    return -ENOENT;
  }
  path = reinterpret_cast<char*>(scratch_.take(32));
  std::snprintf(path, 32, "self/fd/%d", files_[0]->get());
  host_[0] = static_cast<std::uint64_t>(context_.services.sandbox->proc_fd());
  host_[1] = address_of(path);
  if (links) {
    host_[4] = static_cast<std::uint64_t>((int_arg(4) & ~AT_EMPTY_PATH) | AT_SYMLINK_FOLLOW);
  }
  return 0;
}

// inotify_add_watch with an empty path: what the handle in extra[0] has open.
std::int64_t Passthrough::watch_descriptor() {
  // SAFETY: set by decode_path
  if (shape_.number != SYS_inotify_add_watch || *reinterpret_cast<const char*>(host_[1]) != 0) {
    return 0;
  }
  files_[1] = context_.services.handles.get(call_.extra[0]);
  if (files_[1] == nullptr || context_.services.sandbox == nullptr) {
    return -ENOENT;
  }
  char* path = reinterpret_cast<char*>(scratch_.take(32));  // SAFETY: private bytes used as text
  std::snprintf(path, 32, "self/fd/%d", files_[1]->get());
  host_[1] = address_of(path);
  host_[2] &= ~std::uint64_t{IN_DONT_FOLLOW};
  return enter_directory(context_.services.sandbox->proc_fd());
}

std::int64_t Passthrough::serve() {
  if (!context_.may_block() && belongs_to_caller_thread()) {
    return abi::result_must_exit;
  }
  for (std::size_t i = 0; i < argument_count; ++i) {
    if (const std::int64_t error = decode(i); error != 0) {
      return error;
    }
  }
  if (const std::int64_t error = check(); error != 0) {
    return error;
  }
  for (std::size_t i = 0; i < argument_count; ++i) {
    if (shape_.args[i].kind == ArgKind::OutSized) {
      if (const std::int64_t error = decode_sized(i); error != 0) {
        return error;
      }
    }
    if ((shape_.flags & abi::shape_returns_handle_pair) != 0 && shape_.args[i].kind == ArgKind::Out) {
      private_[i] = scratch_.take(shape_.args[i].size);
      host_[i] = address_of(private_[i]);
    }
  }
  take_address();
  if (const std::int64_t error = check_address(); error != 0) {
    return error;
  }
  if (const std::int64_t error = check_file(); error != 0) {
    return error;
  }
  if (const std::int64_t error = name_descriptor(); error != 0) {
    return error;
  }
  if (const std::int64_t error = watch_descriptor(); error != 0) {
    return error;
  }
  if ((shape_.number == SYS_setsockopt || shape_.number == SYS_getsockopt) && !is_socket_level(int_arg(1))) {
    constexpr std::uint64_t nobodys_level = 0x7fff;  // for the error that the socket's family has for it
    host_[1] = nobodys_level;
  }
  set_close_on_exec();
  confine_affinity();
  note_request();
  if ((shape_.flags & abi::shape_may_block) == 0) {
    return finish(host_syscall(shape_.number, host_));
  }
  if (shape_.number == SYS_epoll_wait) {
    return wait_for_events();
  }
  return finish(host_syscall_interruptible(context_, shape_.number, host_));
}

// Without waiting first: event loops mostly find something ready, and a kick ends a wait, not a look.
std::int64_t Passthrough::wait_for_events() {
  SyscallArgs look = host_;
  look[3] = 0;
  const std::int64_t ready = finish(host_syscall(SYS_epoll_wait, look));
  if (ready != 0 || int_arg(3) == 0) {
    return ready;
  }
  return context_.may_block() ? finish(host_syscall_blocking(context_, SYS_epoll_wait, host_)) : abi::result_must_exit;
}

std::int64_t serve_passthrough(CallContext& context, Call& call) {
  const SyscallShape& shape = abi::syscall_shapes[call.number];
  return shape.known ? Passthrough(context, call, shape).serve() : -ENOSYS;
}

}  // namespace kx::hv
