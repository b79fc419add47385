// Host calls that give the pVM memory and take it back, and map files shared.
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>

#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

namespace {

std::int64_t negative_errno(const Error& error) {
  return error.errno_value != 0 ? -error.errno_value : -ENOMEM;
}

}  // namespace

std::int64_t serve_memory_grow(CallContext& context, Call& call) {
  auto slot = context.services.memory.grow(call.args[0]);
  if (!slot) {
    return negative_errno(slot.error());
  }
  call.extra[0] = slot->size;
  return static_cast<std::int64_t>(slot->gpa);
}

std::int64_t serve_memory_release(CallContext& context, Call& call) {
  auto released = context.services.memory.release(Gpa{call.args[0]}, call.args[1]);
  return released ? 0 : negative_errno(released.error());
}

std::int64_t serve_map_shared(CallContext& context, Call& call) {
  const HandleTable::File file = context.services.handles.get(call.args[0]);
  if (file == nullptr) {
    return -EBADF;
  }
  auto slot =
      context.services.memory.map_shared(file->get(), call.args[1], call.args[2], static_cast<int>(call.args[3]));
  return slot ? static_cast<std::int64_t>(slot->gpa) : negative_errno(slot.error());
}

std::int64_t serve_unmap_shared(CallContext& context, Call& call) {
  auto unmapped = context.services.memory.unmap_shared(Gpa{call.args[0]}, call.args[1]);
  return unmapped ? 0 : negative_errno(unmapped.error());
}

std::int64_t serve_sync_shared(CallContext& context, Call& call) {
  if (!context.may_block()) {
    return abi::result_must_exit;
  }
  std::byte* memory = context.services.memory.translate(Gpa{call.args[0]}, call.args[1]);
  if (memory == nullptr) {
    return -ENOMEM;
  }
  return host_syscall(SYS_msync, {address_of(memory), call.args[1], call.args[2]});
}

}  // namespace kx::hv
