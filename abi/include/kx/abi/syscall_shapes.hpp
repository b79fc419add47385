// System calls that are passed through to the host kernel, described by the kinds of their arguments.
//
// Library OS and hypervisor marshal from the same table: the first copies from and to the program's
// memory, the second validates and calls the host. What is not in the table cannot be passed through.
#pragma once

#include <sys/syscall.h>

#include <array>
#include <cstdint>

namespace kx::abi {

enum class ArgKind : std::uint8_t {
  None,
  Int,        // passed as it is
  Handle,     // file handle
  DirHandle,  // handle of a directory, or -1 where only an absolute path makes sense
  Path,       // offset of a NUL-terminated string
  PathOrNull,
  CwdPath,  // as Path, resolved against the handle in CallSlot::extra[0]
  In,       // offset of `size` bytes
  InOrNull,
  InLength,  // offset of as many bytes as argument `index` says
  Out,       // offset where `size` bytes are written
  OutOrNull,
  OutLength,  // capacity is argument `index`; the result says how much was written
  OutItems,   // capacity is `size` times argument `index`
  OutSized,   // capacity is the u32 that argument `index` (an InOutOrNull) points to, at most `size`
  InOut,
  InOutOrNull,
};

// Wire value of an absent optional pointer.
inline constexpr std::uint64_t null_offset = ~0ull;

struct ArgShape {
  ArgKind kind = ArgKind::None;
  std::uint8_t index = 0;
  std::uint16_t size = 0;
};

enum ShapeFlags : std::uint8_t {
  shape_plain = 0,
  shape_returns_handle = 1,
  shape_returns_handle_pair = 2,  // two ints in the Out argument are handles
  shape_may_block = 4,            // served by the vCPU's own thread, interruptible
  shape_slow = 8,                 // served by the vCPU's own thread; may take long, but no signal ends it
};

struct SyscallShape {
  std::uint16_t number = 0;
  std::uint8_t flags = 0;
  bool known = false;
  ArgShape args[6] = {};
};

namespace shapes_detail {

inline constexpr ArgShape integer{ArgKind::Int};
inline constexpr ArgShape handle{ArgKind::Handle};
inline constexpr ArgShape dir{ArgKind::DirHandle};
inline constexpr ArgShape path{ArgKind::Path};
inline constexpr ArgShape path_or_null{ArgKind::PathOrNull};
inline constexpr ArgShape cwd_path{ArgKind::CwdPath};
constexpr ArgShape in(std::uint16_t size) {
  return {ArgKind::In, 0, size};
}
constexpr ArgShape in_or_null(std::uint16_t size) {
  return {ArgKind::InOrNull, 0, size};
}
constexpr ArgShape in_length(std::uint8_t index) {
  return {ArgKind::InLength, index, 0};
}
constexpr ArgShape out(std::uint16_t size) {
  return {ArgKind::Out, 0, size};
}
constexpr ArgShape out_or_null(std::uint16_t size) {
  return {ArgKind::OutOrNull, 0, size};
}
constexpr ArgShape out_length(std::uint8_t index) {
  return {ArgKind::OutLength, index, 0};
}
constexpr ArgShape out_items(std::uint8_t index, std::uint16_t size) {
  return {ArgKind::OutItems, index, size};
}
constexpr ArgShape out_sized(std::uint8_t index, std::uint16_t limit) {
  return {ArgKind::OutSized, index, limit};
}
constexpr ArgShape in_out(std::uint16_t size) {
  return {ArgKind::InOut, 0, size};
}
constexpr ArgShape in_out_or_null(std::uint16_t size) {
  return {ArgKind::InOutOrNull, 0, size};
}

// Structure sizes of the x86-64 ABI.
inline constexpr std::uint16_t stat_size = 144, statx_size = 256, statfs_size = 120, itimerspec_size = 32,
                               epoll_event_size = 12, utsname_size = 390, sysinfo_size = 112, timespec_pair_size = 32,
                               mq_attr_size = 64, timespec_size = 16, sockaddr_limit = 128, sockopt_limit = 4096;

inline constexpr SyscallShape table[] = {
    {SYS_fstat, shape_plain, true, {handle, out(stat_size)}},
    {SYS_newfstatat, shape_plain, true, {dir, path, out(stat_size), integer}},
    {SYS_statx, shape_plain, true, {dir, path, integer, integer, out(statx_size)}},
    {SYS_lseek, shape_plain, true, {handle, integer, integer}},
    {SYS_getdents64, shape_plain, true, {handle, out_length(2), integer}},
    {SYS_truncate, shape_plain, true, {cwd_path, integer}},
    {SYS_ftruncate, shape_plain, true, {handle, integer}},
    {SYS_fsync, shape_slow, true, {handle}},
    {SYS_fdatasync, shape_slow, true, {handle}},
    {SYS_sync, shape_slow, true, {}},
    {SYS_syncfs, shape_slow, true, {handle}},
    {SYS_sync_file_range, shape_slow, true, {handle, integer, integer, integer}},
    {SYS_fallocate, shape_slow, true, {handle, integer, integer, integer}},
    {SYS_fadvise64, shape_plain, true, {handle, integer, integer, integer}},
    {SYS_readahead, shape_slow, true, {handle, integer, integer}},
    {SYS_mkdirat, shape_plain, true, {dir, path, integer}},
    {SYS_mknodat, shape_plain, true, {dir, path, integer, integer}},
    {SYS_unlinkat, shape_plain, true, {dir, path, integer}},
    {SYS_renameat2, shape_plain, true, {dir, path, dir, path, integer}},
    {SYS_linkat, shape_plain, true, {dir, path, dir, path, integer}},
    {SYS_symlinkat, shape_plain, true, {path, dir, path}},
    {SYS_readlinkat, shape_plain, true, {dir, path, out_length(3), integer}},
    {SYS_fchmod, shape_plain, true, {handle, integer}},
    {SYS_fchmodat, shape_plain, true, {dir, path, integer}},
    {SYS_fchown, shape_plain, true, {handle, integer, integer}},
    {SYS_fchownat, shape_plain, true, {dir, path, integer, integer, integer}},
    {SYS_faccessat, shape_plain, true, {dir, path, integer}},
    {SYS_faccessat2, shape_plain, true, {dir, path, integer, integer}},
    {SYS_utimensat, shape_plain, true, {dir, path_or_null, in_or_null(timespec_pair_size), integer}},
    {SYS_statfs, shape_plain, true, {cwd_path, out(statfs_size)}},
    {SYS_fstatfs, shape_plain, true, {handle, out(statfs_size)}},
    {SYS_setxattr, shape_plain, true, {cwd_path, path, in_length(3), integer, integer}},
    {SYS_lsetxattr, shape_plain, true, {cwd_path, path, in_length(3), integer, integer}},
    {SYS_fsetxattr, shape_plain, true, {handle, path, in_length(3), integer, integer}},
    {SYS_getxattr, shape_plain, true, {cwd_path, path, out_length(3), integer}},
    {SYS_lgetxattr, shape_plain, true, {cwd_path, path, out_length(3), integer}},
    {SYS_fgetxattr, shape_plain, true, {handle, path, out_length(3), integer}},
    {SYS_listxattr, shape_plain, true, {cwd_path, out_length(2), integer}},
    {SYS_llistxattr, shape_plain, true, {cwd_path, out_length(2), integer}},
    {SYS_flistxattr, shape_plain, true, {handle, out_length(2), integer}},
    {SYS_removexattr, shape_plain, true, {cwd_path, path}},
    {SYS_lremovexattr, shape_plain, true, {cwd_path, path}},
    {SYS_fremovexattr, shape_plain, true, {handle, path}},
    {SYS_pipe2, shape_returns_handle_pair, true, {out(8), integer}},
    {SYS_eventfd2, shape_returns_handle, true, {integer, integer}},
    {SYS_timerfd_create, shape_returns_handle, true, {integer, integer}},
    {SYS_timerfd_settime, shape_plain, true, {handle, integer, in(itimerspec_size), out_or_null(itimerspec_size)}},
    {SYS_timerfd_gettime, shape_plain, true, {handle, out(itimerspec_size)}},
    {SYS_epoll_create1, shape_returns_handle, true, {integer}},
    {SYS_epoll_ctl, shape_plain, true, {handle, integer, handle, in_or_null(epoll_event_size)}},
    {SYS_epoll_wait, shape_may_block, true, {handle, out_items(2, epoll_event_size), integer, integer}},
    {SYS_inotify_init1, shape_returns_handle, true, {integer}},
    {SYS_inotify_add_watch, shape_plain, true, {handle, cwd_path, integer}},
    {SYS_inotify_rm_watch, shape_plain, true, {handle, integer}},
    {SYS_memfd_create, shape_returns_handle, true, {path, integer}},
    {SYS_flock, shape_may_block, true, {handle, integer}},
    {SYS_splice, shape_may_block, true, {handle, in_out_or_null(8), handle, in_out_or_null(8), integer, integer}},
    {SYS_tee, shape_may_block, true, {handle, handle, integer, integer}},
    {SYS_copy_file_range, shape_slow, true, {handle, in_out_or_null(8), handle, in_out_or_null(8), integer, integer}},
    {SYS_sendfile, shape_may_block, true, {handle, handle, in_out_or_null(8), integer}},
    {SYS_socket, shape_returns_handle, true, {integer, integer, integer}},
    {SYS_socketpair, shape_returns_handle_pair, true, {integer, integer, integer, out(8)}},
    {SYS_bind, shape_plain, true, {handle, in_length(2), integer}},
    {SYS_connect, shape_may_block, true, {handle, in_length(2), integer}},
    {SYS_listen, shape_plain, true, {handle, integer}},
    {SYS_accept4,
     shape_returns_handle | shape_may_block,
     true,
     {handle, out_sized(2, sockaddr_limit), in_out_or_null(4), integer}},
    {SYS_getsockname, shape_plain, true, {handle, out_sized(2, sockaddr_limit), in_out_or_null(4)}},
    {SYS_getpeername, shape_plain, true, {handle, out_sized(2, sockaddr_limit), in_out_or_null(4)}},
    {SYS_setsockopt, shape_plain, true, {handle, integer, integer, in_length(4), integer}},
    {SYS_getsockopt, shape_plain, true, {handle, integer, integer, out_sized(4, sockopt_limit), in_out_or_null(4)}},
    {SYS_shutdown, shape_plain, true, {handle, integer}},
    {SYS_mq_open, shape_returns_handle, true, {path, integer, integer, in_or_null(mq_attr_size)}},
    {SYS_mq_unlink, shape_plain, true, {path}},
    {SYS_mq_timedsend, shape_may_block, true, {handle, in_length(2), integer, integer, in_or_null(timespec_size)}},
    {SYS_mq_timedreceive,
     shape_may_block,
     true,
     {handle, out_length(2), integer, out_or_null(4), in_or_null(timespec_size)}},
    {SYS_mq_getsetattr, shape_plain, true, {handle, in_or_null(mq_attr_size), out_or_null(mq_attr_size)}},
    {SYS_uname, shape_plain, true, {out(utsname_size)}},
    {SYS_sysinfo, shape_plain, true, {out(sysinfo_size)}},
    {SYS_sched_yield, shape_may_block, true, {}},
    {SYS_getcpu, shape_may_block, true, {out_or_null(4), out_or_null(4)}},  // does not block: by the vCPU's own thread
    {SYS_sched_getaffinity, shape_plain, true, {integer, integer, out_length(1)}},
    {SYS_sched_setaffinity, shape_plain, true, {integer, integer, in_length(1)}},
    {SYS_getpriority, shape_plain, true, {integer, integer}},
    {SYS_setpriority, shape_plain, true, {integer, integer, integer}},
};

constexpr auto indexed() {
  std::array<SyscallShape, 512> result{};
  for (const SyscallShape& shape : table) {
    result[shape.number] = shape;
  }
  return result;
}

}  // namespace shapes_detail

// Indexed by system-call number; `known` tells whether the call is passed through.
inline constexpr std::array<SyscallShape, 512> syscall_shapes = shapes_detail::indexed();

}  // namespace kx::abi
