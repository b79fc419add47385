// One Linux system call that is passed through to the host: passthrough.cpp, and what only sockets need in
// passthrough_sockets.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <kx/abi/syscall_shapes.hpp>
#include <kx/base/verify.hpp>
#include <utility>

#include "hypervisor/services/call_support.hpp"
#include "hypervisor/services/host_objects.hpp"

namespace kx::hv {

inline constexpr std::size_t argument_count = 6;

// Private memory for the arguments of one call; each needs at most the whole call buffer.
class Scratch {
 public:
  std::byte* take(std::size_t size) {
    const std::size_t rounded = align_up(size, 16);
    KX_VERIFY(rounded <= sizeof(bytes_) - used_);
    return bytes_ + std::exchange(used_, used_ + rounded);
  }

 private:
  std::size_t used_ = 0;
  alignas(16) std::byte bytes_[argument_count * (abi::vcpu_call_buffer_size + 16)];
};

// One passed-through call: its arguments become the host's, step by step.
class Passthrough {
 public:
  Passthrough(CallContext& context, Call& call, const abi::SyscallShape& shape)
      : context_(context), call_(call), shape_(shape) {}

  std::int64_t serve();

 private:
  std::int64_t decode(std::size_t i);
  std::int64_t decode_sized(std::size_t i);
  std::int64_t decode_handle(std::size_t i);
  std::int64_t decode_path(std::size_t i);
  std::int64_t decode_in(std::size_t i, std::uint64_t size);
  std::int64_t decode_out(std::size_t i, std::uint64_t size);
  std::int64_t check();
  std::int64_t name_thread(std::size_t i);
  std::int64_t check_address();
  std::int64_t check_name(std::byte* address, std::uint32_t& size);
  void take_address();
  void tell_address();
  std::int64_t check_file() const;
  void set_close_on_exec();
  void confine_affinity();
  [[nodiscard]] bool belongs_to_caller_thread() const;
  std::int64_t wait_for_events();
  std::int64_t finish(std::int64_t result);
  std::int64_t finish_pair(std::int64_t result);
  std::array<std::int32_t, 2> add_pipe(UniqueFd reading, UniqueFd writing);
  [[nodiscard]] bool asks_for_no_data() const;
  void copy_results();
  void cap_memory();
  std::int64_t name_descriptor();
  std::int64_t watch_descriptor();
  void note_request() const;
  void note_result(std::int64_t result) const;
  void note_handle(std::int64_t handle) const;
  void note_target() const;

  [[nodiscard]] int int_arg(std::size_t i) const { return static_cast<int>(call_.args[i]); }

  CallContext& context_;
  Call& call_;
  const abi::SyscallShape& shape_;
  SyscallArgs host_{};
  HandleTable::File files_[argument_count];  // held open during the call
  std::byte* private_[argument_count] = {};  // private copies of In and InOut arguments
  bool no_directory_ = false;                // the directory argument before a path is absent
  CheckedAddress checked_address_;
  std::byte* told_address_ = nullptr;  // of getsockname(2) and its like; null: it is not asked for
  std::uint32_t told_capacity_ = 0;
  Scratch scratch_;
};

}  // namespace kx::hv
