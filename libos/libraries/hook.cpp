#include "libraries/hook.hpp"

#include <kx/lib_update.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <kx/base/address.hpp>
#include <span>

#include "mm/address_space.hpp"
#include "mm/heap.hpp"
#include "mm/tlb.hpp"
#include "signals/xstate.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

HookRun* running_hook = nullptr;

namespace {

constexpr u64 hook_stack_size = 256 << 10;
constexpr u64 guard_size = abi::page_size;
// For the library OS while the hook runs: what lies below is in use.
constexpr u64 own_stack_size = 32 << 10;

SyscallHandler usual_mmap = nullptr;

i64 refuse_call(Context& context) {
  end_hook(abi::HookState::Call, context.orig_rax, context.rip);
}

// mmap(2) of new memory, which is noted.
i64 map_for_hook(Context& context) {
  HookRun& run = *running_hook;
  constexpr u64 needed = MAP_PRIVATE | MAP_ANONYMOUS, allowed = needed | MAP_NORESERVE | MAP_POPULATE | MAP_STACK;
  const u64 flags = context.r10;
  if ((flags & needed) != needed || (flags & ~allowed) != 0 || (context.rdx & PROT_EXEC) != 0 ||
      run.mapping_count == HookRun::most_mappings) {
    refuse_call(context);
  }
  const i64 result = usual_mmap(context);
  if (result > 0) {
    run.mappings[run.mapping_count++] = {static_cast<u64>(result), align_up(context.rsi, abi::page_size)};
  }
  return result;
}

constexpr SyscallEntry allowed_calls[] = {{SYS_mmap, map_for_hook},    {SYS_getpid, nullptr},
                                          {SYS_gettid, nullptr},       {SYS_time, nullptr},
                                          {SYS_gettimeofday, nullptr}, {SYS_clock_gettime, nullptr}};

// The hook's stack and what it is told, in one area of the program's.
class HookMemory {
 public:
  ~HookMemory() {
    if (size_ != 0) {
      AddressSpace::instance().unmap(start_, size_);
    }
  }
  HookMemory() = default;
  HookMemory(const HookMemory&) = delete;
  HookMemory& operator=(const HookMemory&) = delete;

  // 0 or -errno.
  i64 fill(const UpdateBlock& update);
  [[nodiscard]] u64 stack_top() const { return start_ + guard_size + hook_stack_size; }
  [[nodiscard]] u64 information() const { return stack_top(); }

 private:
  u64 start_ = 0, size_ = 0;
};

i64 HookMemory::fill(const UpdateBlock& update) {
  const abi::UpdateHeader& header = *update.header;
  const HeapBlock list(std::max<u64>(1, update.variables.size()) * sizeof(kx_lib_variable));
  if (list.bytes() == nullptr) {
    return -ENOMEM;
  }
  u64 text_size = header.old_build_id_size;
  for (const abi::UpdateVariable& each : update.variables) {
    text_size += each.name_size;
  }
  const std::span<kx_lib_variable> variables(reinterpret_cast<kx_lib_variable*>(list.bytes()), update.variables.size());
  MapRequest request;
  request.size = guard_size + hook_stack_size +
                 align_up(sizeof(kx_lib_update_info) + variables.size_bytes() + text_size, abi::page_size);
  request.prot = prot::read | prot::write;
  AddressSpace& space = AddressSpace::instance();
  const i64 mapped = space.map(request);
  if (mapped < 0) {
    return mapped;
  }
  start_ = static_cast<u64>(mapped);
  size_ = request.size;
  if (const i64 result = space.protect(start_, guard_size, prot::none); result != 0) {
    return result;
  }
  const u64 array = information() + sizeof(kx_lib_update_info);
  u64 text = array + variables.size_bytes();
  const auto add_text = [&](const void* from, u64 size) -> const char* {
    const u64 place = text;
    text += size;
    return copy_to_user(place, from, size) ? reinterpret_cast<const char*>(place) : nullptr;
  };
  std::transform(update.variables.begin(), update.variables.end(), variables.begin(),
                 [&](const abi::UpdateVariable& each) {
                   return kx_lib_variable{reinterpret_cast<const char*>(update.text + each.name),
                                          reinterpret_cast<const void*>(each.from), each.from_size,
                                          reinterpret_cast<void*>(each.to), each.to_size};
                 });
  std::sort(variables.begin(), variables.end(), [](const kx_lib_variable& a, const kx_lib_variable& b) {
    const int order = std::strcmp(a.name, b.name);
    return order != 0 ? order < 0 : a.old_address < b.old_address;
  });
  for (kx_lib_variable& each : variables) {
    each.name = add_text(each.name, std::strlen(each.name) + 1);
  }
  const kx_lib_update_info information_block{KX_LIB_UPDATE_VERSION,
                                             sizeof(kx_lib_update_info),
                                             add_text(update.text + header.old_build_id, header.old_build_id_size),
                                             variables.size(),
                                             sizeof(kx_lib_variable),
                                             reinterpret_cast<const kx_lib_variable*>(array)};
  const bool written = write_user(stack_top() - sizeof(u64), reinterpret_cast<u64>(&kx_hook_return[0])) &&
                       write_user(information(), information_block) &&
                       copy_to_user(array, variables.data(), variables.size_bytes());
  return written ? 0 : -EFAULT;
}

}  // namespace

void run_hook(const UpdateBlock& update, HookRun& run) {
  const auto fail = [&run](i64 error) {
    run.state = abi::HookState::NoMemory;
    run.value = static_cast<u64>(-error);
  };
  const HeapBlock vectors(xstate_limit), own_stack(own_stack_size);
  if (vectors.bytes() == nullptr || own_stack.bytes() == nullptr) {
    return fail(-ENOMEM);
  }
  HookMemory memory;
  if (const i64 result = memory.fill(update); result != 0) {
    return fail(result);
  }
  if (!AddressSpace::instance().write_protect(update.header->old_start, update.header->old_end)) {
    return fail(-ENOMEM);
  }
  run.thread = &Thread::current();
  run.update = &update;
  capture_xstate(vectors.bytes());
  reset_xstate();
  const u64 fs_base = read_fs_base();
  abi::VcpuPage& page = vcpu_page();
  const u64 stack_top = page.stack_top_gva;
  // Its system calls and faults find the library OS's stack there, and kx_leave_hook the place to go back to.
  page.stack_top_gva = reinterpret_cast<u64>(own_stack.bytes()) + own_stack_size - 2 * sizeof(u64);
  running_hook = &run;
  usual_mmap = handler_of(SYS_mmap);
  allow_only(allowed_calls, refuse_call);
  auto& context = *reinterpret_cast<Context*>(page.stack_top_gva - sizeof(Context));
  context.rdi = memory.information();
  context.orig_rax = ~0ull;
  context.vector = entry_trapped;
  context.rip = update.header->hook_gva;
  context.cs = abi::selector_user_code;
  context.rflags = program_rflags;
  context.rsp = memory.stack_top() - sizeof(u64);
  context.ss = abi::selector_user_data;
  const u32 returned = kx_call_hook(&context);
  start_dispatch();
  running_hook = nullptr;
  page.stack_top_gva = stack_top;
  write_fs_base(fs_base);
  load_xstate(vectors.bytes());
  if (run.state == abi::HookState::None) {
    run.state = abi::HookState::Returned;
    run.value = static_cast<u64>(static_cast<i64>(static_cast<i32>(returned)));
  }
  std::atomic_ref(page.pending).fetch_or(run.kept_pending, std::memory_order_seq_cst);
}

void forget_mappings(HookRun& run) {
  for (const HookMapping& each : std::span(run.mappings, run.mapping_count)) {
    AddressSpace::instance().unmap(each.address, each.size);
  }
  run.mapping_count = 0;
}

void end_hook(abi::HookState state, u64 value, u64 address) {
  running_hook->state = state;
  running_hook->value = value;
  running_hook->address = address;
  kx_leave_hook();
}

// Nothing of it is done before the hook has returned, as the world stands still. A thread that is to end waits for
// that: who ended it waits for the world.
void look_in_hook() {
  HookRun& run = *running_hook;
  const u32 pending = std::atomic_ref(vcpu_page().pending).exchange(0, std::memory_order_seq_cst);
  if ((pending & abi::pending_flush) != 0) {
    acknowledge_flush();
  }
  run.kept_pending |= pending;
  if ((pending & abi::pending_exit) != 0) {
    end_hook(abi::HookState::Ending, 0, 0);
  }
  const u32 decision = std::atomic_ref(const_cast<u32&>(run.update->header->decision)).load(std::memory_order_acquire);
  if (decision != static_cast<u32>(abi::UpdateDecision::Convert)) {
    end_hook(abi::HookState::Stopped, 0, 0);
  }
}

void check_hook_write(u64 address) {
  const abi::UpdateHeader& header = *running_hook->update->header;
  if (address - header.old_start < header.old_end - header.old_start) {
    end_hook(abi::HookState::Wrote, address, 0);
  }
}

}  // namespace kx::libos
