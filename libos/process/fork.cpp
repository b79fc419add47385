#include "process/fork.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>

#include "entry/components.hpp"
#include "files/fd_table.hpp"
#include "files/ready_streams.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/arena.hpp"
#include "mm/memory.hpp"
#include "process/boot_info.hpp"
#include "process/borrowed_memory.hpp"
#include "process/futex.hpp"
#include "process/process.hpp"
#include "process/thread.hpp"
#include "process/world.hpp"
#include "signals/signals.hpp"
#include "signals/timers.hpp"
#include "signals/xstate.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

// The forking thread's vector registers and FS base; the child has the copy. Used by one fork at a time.
alignas(64) u8 xstate[xstate_limit];
u64 fs_base;

// Fills the slot, and returns twice: in the parent with the hypervisor's answer, in the child with 0. `copies`: the
// child is given a copy of the youngest slot.
HostReply make_child(const ForkOptions& options, bool copies) {
  Memory& memory = Memory::instance();
  // SAFETY: the call buffer is aligned, and larger.
  static_assert(Memory::max_pools * sizeof(u64) <= fault_buffer_offset);
  auto* kept = reinterpret_cast<u64*>(call_buffer());
  abi::CallSlot& slot = vcpu_page().call;
  slot.number = static_cast<u32>(abi::HostCall::Fork);
  const Memory::KeptSlots kept_slots = memory.find_kept_slots(kept, copies);
  slot.args[1] = kept_slots.count;
  slot.args[2] = Arena::instance().high_gpa();
  slot.args[3] = copies ? Memory::copied_head_size() : 0;
  slot.args[4] = options.exit_signal | (options.of_parent ? u64{abi::fork_of_parent} : 0) |
                 (options.waits ? u64{abi::fork_waits} : 0) |
                 (options.child_file != nullptr ? u64{abi::fork_opens} : 0) |
                 (kept_slots.has_next ? 0 : u64{abi::fork_adds_slot});
  slot.args[5] = memory.sequence() + (copies ? 0 : 1);
  kx_fork_exit(&slot.args[0]);
  return {slot.result, {slot.extra[0], slot.extra[1]}};
}

void start_child(const ForkOptions& options, const HostReply& reply, bool copied, Context& context) {
  Thread& self = Thread::current();
  forget_world();
  Arena::instance().keep_vcpu_area(Gpa{self.area_gpa});
  Memory::instance().start_in_child(reply.extra[0], reply.extra[1], copied);
  ThreadList::instance().keep_only(self);
  self.flush = FlushState{};
  self.policy &= ~sched_reset_on_fork;
  count_inherited_components();
  AddressSpace::instance().start_in_child();

  if (options.shares_memory) {
    borrow_memory();
  }
  Process::instance().start_in_child(boot_info().pid);
  self.set_tid(Process::instance().pid);
  self.clear_child_tid = options.clear_child_tid;
  self.in_futex_wait = false;
  forget_futex_waiters();
  ReadyStreams::instance().start_in_child();
  FdTable::instance().start_in_child();
  if (options.child_file != nullptr && FdTable::instance().get(options.child_fd).get() == options.child_file) {
    FdTable::instance().close(options.child_fd);
  }
  if (Timers::were_used()) {
    Timers::instance().forget_all();
  }
  watch_inherited_cpu_limit();
  Signals::instance().start_in_child(self, options.clear_handlers);

  load_xstate(xstate);
  write_fs_base(options.set_tls ? options.tls : fs_base);
  if (options.stack != 0) {
    context.rsp = options.stack;
  }
  if (options.set_child_tid != 0) {
    static_cast<void>(write_user(options.set_child_tid, self.tid));
  }
}

// Who waits for a futex does so at the page its word lay in when it began. After the fork the next write moves the
// word: waits are begun again.
void restart_futex_waits() {
  Thread& self = Thread::current();
  ThreadList::instance().for_each([&](Thread& thread) {
    if (&thread != &self && std::atomic_ref(thread.in_futex_wait).load(std::memory_order_seq_cst)) {
      std::atomic_ref(thread.page->pending).fetch_or(abi::pending_flush, std::memory_order_seq_cst);
      host_call(abi::HostCall::Kick, CallKind::Blocking, thread.page->vcpu_index);
    }
  });
}

}  // namespace

i64 fork_process(const ForkOptions& options, Context& caller) {
  i64 pid = 0;
  bool begins_generation = false;
  {
    const StoppedWorld stopped;
    // What came before the call is taken before it; what comes from here on is for the child too, if it is for the
    // group.
    if ((std::atomic_ref(vcpu_page().pending).load(std::memory_order_seq_cst) & abi::pending_inbox) != 0) {
      return restart_always;
    }
    begins_generation = !Memory::instance().can_copy_slot();
    if (begins_generation) {
      AddressSpace::instance().compact(false);
      Memory& memory = Memory::instance();
      if (!memory.has_spare_slot()) {
        memory.take_back_unread(Memory::few_slots);
      }
      if (!memory.has_room_for_generation() && !memory.take_back_unread(1)) {
        return -EAGAIN;
      }
      AddressSpace::instance().freeze();
    }
    Process::instance().has_relatives = true;
    host_call_marks().changed();  // from here on a relative may read from what is this process's alone
    capture_xstate(xstate);
    fs_base = read_fs_base();
    HostReply reply = make_child(options, !begins_generation);
    if (reply.result == -ENOMEM && begins_generation) {
      // There is room for no further slot: one may become free.
      AddressSpace::instance().compact(true);
      Memory::instance().take_back_unread(1);
      reply = make_child(options, false);
    }
    if (reply.result < 0) {
      return reply.result;
    }
    if (reply.result == 0) {
      start_child(options, reply, !begins_generation, caller);
      return 0;
    }
    if (begins_generation) {
      Memory::instance().begin_generation(reply.extra[0], reply.extra[1]);
    }
    pid = reply.result & UINT32_MAX;
    if (options.child_file != nullptr) {
      options.child_file->replace_handle(static_cast<u64>(reply.result) >> 32);
    }
  }
  if (begins_generation) {
    restart_futex_waits();
  }
  if (options.waits) {
    const IdleSection idle;
    host_call(abi::HostCall::ProcessGet, CallKind::Blocking, static_cast<u64>(abi::ProcessAttribute::VforkWait),
              static_cast<u64>(pid));
  }
  if (options.waits) {
    take_returned_memory(static_cast<u32>(pid));
  }
  return pid;
}

}  // namespace kx::libos
