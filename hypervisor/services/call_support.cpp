#include "hypervisor/services/call_support.hpp"

#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <utility>

#include "hypervisor/ipc/family_ipc.hpp"
#include "hypervisor/services/service_thread.hpp"
#include "hypervisor/vcpu/interruptible.hpp"

namespace kx::hv {

std::int64_t copy_string(const CallContext& context, std::uint64_t offset, char* to, std::size_t capacity) {
  if (offset >= context.buffer.size()) {
    return -EFAULT;
  }
  const std::byte* from = context.buffer.data() + offset;
  const std::size_t available = context.buffer.size() - offset;
  const std::size_t limit = std::min(available, capacity);
  // SAFETY: `limit` bytes of the buffer from `from`.
  const std::size_t length = ::strnlen(reinterpret_cast<const char*>(from), limit);
  if (length == limit) {
    return limit == capacity ? -ENAMETOOLONG : -EFAULT;
  }
  copy_once(to, from, length);
  to[length] = '\0';  // whatever the guest wrote meanwhile
  return 0;
}

std::int64_t host_syscall(long number, const SyscallArgs& args) {
  const long result = ::syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
  return result == -1 ? -errno : result;
}

std::int64_t host_syscall_interruptible(const CallContext& context, long number, const SyscallArgs& args) {
  if (!context.may_block()) {
    return abi::result_must_exit;
  }
  ServiceThread* const service = context.services.service;
  if (service == nullptr) {
    return kx_interruptible_syscall(context.kicked, number, args.data());
  }
  service->vcpu_waits();
  const std::int64_t result = kx_interruptible_syscall(context.kicked, number, args.data());
  service->vcpu_goes_on();
  return result;
}

std::int64_t host_syscall_blocking(const CallContext& context, long number, const SyscallArgs& args) {
  const std::int64_t result = host_syscall_interruptible(context, number, args);
  return result == abi::result_not_begun ? -EINTR : result;
}

bool never_blocks(const struct stat& status) {
  return S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode);
}

namespace {

// The thread's own working directory. The descriptor is kept so that comparing it with the next one is enough: it
// cannot be reused for another directory.
thread_local bool separate_directory = false;
thread_local HandleTable::File current_directory;

std::int64_t change_directory(int fd) {
  if (!separate_directory) {
    // unshare(2): the working directory stops being shared with the other threads of the process.
    if (::unshare(CLONE_FS) != 0) {
      return -errno;
    }
    separate_directory = true;
  }
  return ::fchdir(fd) != 0 ? -errno : 0;
}

}  // namespace

std::int64_t enter_directory(const CallContext& context, std::uint64_t handle) {
  HandleTable::File directory = context.services.handles.get(handle);
  if (directory == nullptr) {
    return -EBADF;
  }
  if (directory != current_directory) {
    if (const std::int64_t error = change_directory(directory->get()); error != 0) {
      return error;
    }
    current_directory = std::move(directory);
  }
  return 0;
}

std::int64_t enter_directory(int fd) {
  current_directory = nullptr;
  return change_directory(fd);
}

void name_family_pid(std::byte* credentials, std::size_t size, std::int32_t pid) {
  pid_t told;
  if (size >= sizeof(told)) {
    std::memcpy(&told, credentials, sizeof(told));
    told = told == ::getpid() ? pid : told;
    std::memcpy(credentials, &told, sizeof(told));
  }
}

ipc::SocketPeers* socket_peers(const CallContext& context) {
  return context.services.ipc != nullptr ? &context.services.ipc->peers : nullptr;
}

std::int64_t noted_send(const CallContext& context, int fd, const std::function<std::int64_t()>& at_once,
                        const std::function<std::int64_t()>& waiting) {
  ipc::SocketPeers* peers = socket_peers(context);
  if (peers == nullptr || !peers->notes(fd)) {
    return waiting();
  }
  const std::int64_t result = peers->send_at_once(fd, process_id(context), at_once);
  if (result != -EAGAIN && result != -EOPNOTSUPP) {
    return result;
  }
  if (!context.may_block()) {
    return abi::result_must_exit;
  }
  const ipc::SocketPeers::Sending sending(*peers, fd, process_id(context));
  return waiting();
}

void note_room(const CallContext& context, const HandleTable::File& file, std::int64_t result,
               std::span<const iovec> data) {
  FamilyIpc* const ipc = context.services.ipc;
  if (ipc == nullptr || !ipc->async_files.any() || (result < 0 && result != -EAGAIN)) {
    return;
  }
  const auto size = std::accumulate(data.begin(), data.end(), std::uint64_t{0},
                                    [](std::uint64_t sum, const iovec& each) { return sum + each.iov_len; });
  if (result < 0 || static_cast<std::uint64_t>(result) < size) {
    ipc->async_files.found_full(file);
  }
}

std::int64_t add_handle(const CallContext& context, int fd, std::optional<ProcessReference> process) {
  const std::int32_t handle = context.services.handles.add(UniqueFd(fd), process);
  return handle < 0 ? -EMFILE : handle;
}

}  // namespace kx::hv
