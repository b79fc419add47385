// What the handlers of host calls share: checked access to the call buffer, and host system calls with their rules.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <kx/abi/syscall_shapes.hpp>
#include <kx/base/address.hpp>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/services/host_calls.hpp"

namespace kx::hv {

namespace ipc {
class SocketPeers;
}

using abi::null_offset;
using SyscallArgs = std::array<std::uint64_t, 6>;

// The bytes [offset, offset + size) of the call buffer, or null if they are not all inside it.
inline std::byte* buffer_at(const CallContext& context, std::uint64_t offset, std::uint64_t size) {
  return outside(offset, size, 0, context.buffer.size()) ? nullptr : context.buffer.data() + offset;
}

// memcpy out of memory the guest may be writing to: read once here, never again through `from`.
inline void copy_once(void* to, const std::byte* from, std::size_t size) {
  std::memcpy(to, from, size);
  asm volatile("" ::: "memory");  // SAFETY: no instruction; forbids the compiler to read the source a second time
}

// Copies a struct out of the call buffer. False if it is not inside.
template <class T>
[[nodiscard]] bool copy_in(const CallContext& context, std::uint64_t offset, T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  const std::byte* from = buffer_at(context, offset, sizeof(T));
  if (from != nullptr) {
    copy_once(&value, from, sizeof(T));
  }
  return from != nullptr;
}

template <class T>
[[nodiscard]] bool copy_out(const CallContext& context, std::uint64_t offset, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::byte* to = buffer_at(context, offset, sizeof(T));
  if (to != nullptr) {
    std::memcpy(to, &value, sizeof(T));
  }
  return to != nullptr;
}

// As many bytes; nothing if they are not all inside.
[[nodiscard]] inline std::optional<std::vector<std::byte>> copy_in_bytes(const CallContext& context,
                                                                         std::uint64_t offset, std::uint64_t size) {
  const std::byte* from = buffer_at(context, offset, size);
  if (from == nullptr) {
    return std::nullopt;
  }
  std::vector<std::byte> bytes(size);
  if (size != 0) {  // of none there may be no address
    copy_once(bytes.data(), from, size);
  }
  return bytes;
}

[[nodiscard]] inline bool copy_out_bytes(const CallContext& context, std::uint64_t offset,
                                         std::span<const std::byte> bytes) {
  std::byte* to = buffer_at(context, offset, bytes.size());
  if (to != nullptr) {
    std::copy(bytes.begin(), bytes.end(), to);
  }
  return to != nullptr;
}

// What a piece of guest memory is to the host: read from it, or written to.
enum class SegmentUse : std::uint8_t { Source, Destination };

// The host's view of a segment, or null: inherited memory can only be a source.
inline std::byte* translate_segment(const CallContext& context, const abi::Segment& segment, SegmentUse use) {
  const GuestMemory& memory = context.services.memory;
  return use == SegmentUse::Destination
             ? memory.translate(Gpa{segment.gpa}, segment.size)
             : const_cast<std::byte*>(memory.translate_to_read(Gpa{segment.gpa}, segment.size));
}

// Copies a NUL-terminated string out of the call buffer into `to`, which holds `capacity` bytes. 0, -EFAULT when it
// does not end inside the buffer, -ENAMETOOLONG when it does not fit.
std::int64_t copy_string(const CallContext& context, std::uint64_t offset, char* to, std::size_t capacity);

// A path of at most PATH_MAX bytes, copied out of the call buffer.
struct Path {
  char text[4096];
  [[nodiscard]] bool is_absolute() const { return text[0] == '/'; }
};
inline std::int64_t copy_path(const CallContext& context, std::uint64_t offset, Path& path) {
  return copy_string(context, offset, path.text, sizeof(path.text));
}

template <class T>
std::uint64_t address_of(T* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);  // SAFETY: becomes an argument of a host system call, nothing else
}

// The host's answer: a result, or -errno.
std::int64_t host_syscall(long number, const SyscallArgs& args);

// The same for a call that may block: a kick of the vCPU ends it with -EINTR, or with result_not_begun if it came
// before. On the service thread the call is not made at all; the answer is result_must_exit.
std::int64_t host_syscall_interruptible(const CallContext& context, long number, const SyscallArgs& args);
// The same, for a wait that a kick from before ends too: with -EINTR.
std::int64_t host_syscall_blocking(const CallContext& context, long number, const SyscallArgs& args);

// True if reading and writing never waits for anyone: regular files, directories, block devices.
bool never_blocks(const struct stat& status);

// Whether a directory argument means "none": -1 or AT_FDCWD. Then only an absolute path makes sense.
inline bool is_no_directory(std::uint64_t handle) {
  const auto value = static_cast<std::int32_t>(handle);
  return value == -1 || value == -100;
}

// Makes the directory behind `handle` the working directory of the calling thread alone. 0 or -errno.
std::int64_t enter_directory(const CallContext& context, std::uint64_t handle);

// The same for a descriptor of the hypervisor's own, which need not stay open.
std::int64_t enter_directory(int fd);

// After a write of `data`: if not all found room, the file's owner is to be told of it later (O_ASYNC).
void note_room(const CallContext& context, const HandleTable::File& file, std::int64_t result,
               std::span<const iovec> data);

// Hands a new descriptor to the pVM: its handle, or -EMFILE (the descriptor is closed). `process`: what it stands for.
std::int64_t add_handle(const CallContext& context, int fd, std::optional<ProcessReference> process = std::nullopt);

// In a struct ucred from the host, kx's own pid becomes that of a process of the family.
void name_family_pid(std::byte* credentials, std::size_t size, std::int32_t pid);

// Who is behind the family's sockets; null: nobody knows.
ipc::SocketPeers* socket_peers(const CallContext& context);

// Sends by `waiting`, or, if it is to be noted who sends through `fd`, first by `at_once`, which does not wait.
std::int64_t noted_send(const CallContext& context, int fd, const std::function<std::int64_t()>& at_once,
                        const std::function<std::int64_t()>& waiting);

// The process that makes a call, as its family knows it.
inline std::int32_t process_id(const CallContext& context) {
  return context.services.process_id;
}

// The terminal behind `fd` is the caller's, and another group is in its foreground: who reads from it, writes to it, or
// changes it is to be stopped. terminal_calls.cpp
bool reads_in_background(const CallContext& context, int fd, const struct stat& status);
bool writes_in_background(const CallContext& context, int fd, const struct stat& status);
bool changes_in_background(const CallContext& context, int fd);
// TIOCGPGRP, TIOCSPGRP, TIOCGSID, TIOCSCTTY and TIOCNOTTY.
std::int64_t get_terminal_group(const CallContext& context, int fd, std::uint64_t offset);
std::int64_t set_terminal_group(const CallContext& context, int fd, std::uint64_t offset);
std::int64_t get_terminal_session(const CallContext& context, int fd, std::uint64_t offset);
std::int64_t take_terminal(const CallContext& context, int fd);
std::int64_t leave_terminal(const CallContext& context, int fd);
// Whether opening a terminal with these flags makes it the caller's; and what does so, on the vCPU's own thread.
bool takes_by_opening(const CallContext& context, std::uint64_t flags);
void take_by_opening(const CallContext& context, int fd);
// /dev/tty. There is a sandbox.
Result<UniqueFd> open_own_terminal(const CallContext& context, int flags);

// The handlers, one group per file.
std::int64_t serve_passthrough(CallContext& context, Call& call);

std::int64_t serve_open(CallContext& context, Call& call);  // files.cpp
std::int64_t serve_open_again(CallContext& context, Call& call);
std::int64_t serve_open_device(CallContext& context, Call& call);
std::int64_t serve_close(CallContext& context, Call& call);
std::int64_t serve_read(CallContext& context, Call& call);
std::int64_t serve_write(CallContext& context, Call& call);
std::int64_t serve_sendfile(CallContext& context, Call& call);
std::int64_t serve_mem_file(CallContext& context, Call& call);
std::int64_t serve_check_program(CallContext& context, Call& call);
std::int64_t serve_ioctl(CallContext& context, Call& call);  // file_control.cpp
std::int64_t serve_fcntl(CallContext& context, Call& call);
std::int64_t serve_send_message(CallContext& context, Call& call);  // messages.cpp
std::int64_t serve_receive_message(CallContext& context, Call& call);
std::int64_t serve_poll(CallContext& context, Call& call);         // waiting.cpp
std::int64_t serve_wait_events(CallContext& context, Call& call);  // read_ahead.cpp
std::int64_t serve_write_behind(CallContext& context, Call& call);
// Whether what the program wrote to a connection before is still held back, so that nothing can be sent now: EAGAIN.
bool is_held_back(const CallContext& context, const HandleTable::File& file);
std::int64_t serve_futex_wait(CallContext& context, Call& call);
std::int64_t serve_futex_wake(CallContext& context, Call& call);
std::int64_t serve_futex_requeue(CallContext& context, Call& call);
std::int64_t serve_timer_arm(CallContext& context, Call& call);
std::int64_t serve_memory_grow(CallContext& context, Call& call);  // memory_calls.cpp
std::int64_t serve_memory_release(CallContext& context, Call& call);
std::int64_t serve_map_shared(CallContext& context, Call& call);
std::int64_t serve_unmap_shared(CallContext& context, Call& call);
std::int64_t serve_sync_shared(CallContext& context, Call& call);
std::int64_t serve_host_info(CallContext& context, Call& call);  // host_info.cpp
std::int64_t serve_handle_path(CallContext& context, Call& call);
std::int64_t serve_random(CallContext& context, Call& call);
std::int64_t serve_process_times(CallContext& context, Call& call);
std::int64_t serve_decode(CallContext& context, Call& call);  // decode.cpp
std::int64_t serve_batch(CallContext& context, Call& call);   // batch.cpp
std::int64_t serve_ipc(CallContext& context, Call& call);     // ipc_calls.cpp
std::int64_t serve_message_notify(CallContext& context, Call& call);
// F_GETLK, F_SETLK and F_SETLKW on the open file `fd`; the struct flock lies at `offset`. record_lock_calls.cpp
std::int64_t serve_record_lock(const CallContext& context, int fd, int command, std::uint64_t offset);
// F_SETOWN_EX, F_GETOWN_EX, F_SETSIG, F_GETSIG: process/file_owners.cpp.
std::int64_t serve_file_owner(const CallContext& context, const HandleTable::File& file, int command,
                              std::uint64_t argument);
// After F_OFD_GETLK with `asked` the host says that `found` is in the way: if it is a lock of the family's, tells
// whose.
void name_family_lock(const CallContext& context, int fd, const struct flock& asked, struct flock& found);

}  // namespace kx::hv
