// Serves host calls: copies a call out of guest memory once, validates the copy, does it, writes the answer back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <kx/abi/host_call.hpp>
#include <kx/abi/result.hpp>
#include <kx/abi/vcpu.hpp>
#include <optional>
#include <span>

#include "hypervisor/services/services.hpp"

namespace kx::hv {

// Who makes a call and how it may be served.
struct CallContext {
  Services& services;
  std::uint32_t vcpu_index = 0;
  std::span<std::byte> buffer;            // the vCPU's call buffer, in guest memory (RAM, never a file mapping)
  const std::uint32_t* kicked = nullptr;  // null: the service thread serves it and must not block

  [[nodiscard]] bool may_block() const { return kicked != nullptr; }
};

// The private copy of a call. Handlers take arguments from here and leave second results in `extra`.
struct Call {
  std::uint32_t number = 0;
  std::uint64_t args[6] = {};
  std::uint64_t extra[2] = {};
};

// Serves the call in `slot` (guest memory) and writes result and extra back; the result is >= 0, -errno, or
// abi::result_must_exit. Leaves slot.state alone: that is between whoever posted the call and whoever took it.
// Thread-safe; each serving thread gets a working directory of its own.
void serve(CallContext& context, abi::CallSlot& slot);

// The same for a call that was copied already.
std::int64_t serve(CallContext& context, Call& call);

// Calls that act on threads and processes. Implemented in hypervisor/process/process_calls.cpp; nothing if the call is
// not one of them. Only called when services.pvm is set; on the service thread (kicked == null) only for those that
// neither block nor act on the calling thread.
std::optional<std::int64_t> serve_process_call(CallContext& context, abi::HostCall number, Call& call);

}  // namespace kx::hv
