// The host call by which a library OS has the family's policy judge what is about to become executable.
#include "hypervisor/process/executable_calls.hpp"

#include <cerrno>
#include <iterator>

#include "hypervisor/libraries/guard.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"

namespace kx::hv {

namespace {

constexpr const char* names[] = {nullptr, "executable anonymous memory", "making changed text executable",
                                 "executable shared memory", "memory both writable and executable"};
static_assert(std::size(names) == static_cast<std::size_t>(abi::ExecutableKind::Last));

// The program that loads: the one whose handle is given, which is about to run, or the one that runs.
HandleTable::File program_file(const CallContext& context, std::uint64_t handle) {
  if (handle != abi::no_handle) {
    return context.services.handles.get(handle);
  }
  Program program;
  Pvm& pvm = *context.services.pvm;
  pvm.family().processes().change(pvm.pid(), [&](const ProcessTable::Process& self) { program = self.program; });
  return program != nullptr ? program->file : nullptr;
}

}  // namespace

// On the vCPU's own thread: a whole file may have to be read.
std::int64_t check_executable(const CallContext& context, const Call& call) {
  libraries::Guard* const guard = context.services.libraries;
  if (guard == nullptr) {
    return -ENOSYS;
  }
  if (call.args[0] >= std::size(names)) {
    return -EINVAL;
  }
  const HandleTable::File program = program_file(context, call.args[2]);
  const libraries::LoadingProgram loader = guard->program_of(program != nullptr ? program->get() : -1);
  if (static_cast<abi::ExecutableKind>(call.args[0]) != abi::ExecutableKind::File) {
    if (!guard->check_memory(loader, names[call.args[0]])) {
      return -EACCES;
    }
    return guard->is_jit(loader) ? 1 : 0;
  }
  const HandleTable::File file = context.services.handles.get(call.args[1]);
  if (file == nullptr) {
    return -EBADF;
  }
  auto content = guard->check_file(file->get(), loader);
  if (!content) {
    return content.error().errno_value != 0 ? -content.error().errno_value : -EACCES;
  }
  return add_handle(context, content->release());
}

}  // namespace kx::hv
