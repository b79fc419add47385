#include "hypervisor/services/host_calls.hpp"

#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <kx/abi/components.hpp>

#include "hypervisor/services/call_support.hpp"
#include "hypervisor/services/write_behind.hpp"

namespace kx::hv {

namespace {

using abi::HostCall;

// Calls that act on the vCPU's own thread cannot be made for it by another one.
bool may_run_on_service_thread(HostCall number) {
  switch (number) {
    case HostCall::Kick:
    case HostCall::Trace:
    case HostCall::RefillInbox:
    case HostCall::NewThreadId:
    case HostCall::ProcessGet:
    case HostCall::ProcessSet:
    case HostCall::Kill:
    case HostCall::ProcessOpen:
    case HostCall::KillThread:
    case HostCall::ProcessDescribe:
    case HostCall::NextQuestion:
    case HostCall::Answer:
    case HostCall::NewestReaders:
      return true;
    default:
      return false;
  }
}

// Calls that the host serves alike whoever makes them.
bool is_for_anybody(std::uint32_t number) {
  switch (number) {
    case SYS_lseek:
    case SYS_fstat:
    case SYS_epoll_ctl:
    case SYS_epoll_wait:
    case SYS_accept4:
    case SYS_getsockname:
    case SYS_getpeername:
    case SYS_shutdown:
    case SYS_timerfd_settime:
    case SYS_timerfd_gettime:
      return true;
    default:
      break;
  }
  switch (static_cast<HostCall>(number)) {
    case HostCall::MemoryGrow:
    case HostCall::MemoryRelease:
    case HostCall::Read:
    case HostCall::Write:
    case HostCall::Close:
    case HostCall::FutexWake:
    case HostCall::FutexRequeue:
    case HostCall::TimerArm:
    case HostCall::ClockRefresh:
    case HostCall::Decode:
    case HostCall::Poll:
    case HostCall::ReceiveMessage:
    case HostCall::Random:
    case HostCall::ProcessTimes:
    case HostCall::WaitEvents:
    case HostCall::WriteBehind:
      return true;
    default:
      return number >= abi::first_host_call && may_run_on_service_thread(static_cast<HostCall>(number)) &&
             static_cast<HostCall>(number) != HostCall::ProcessSet;
  }
}

std::int64_t process_call(CallContext& context, HostCall number, Call& call) {
  if (context.services.pvm == nullptr) {
    return -ENOSYS;
  }
  if (!context.may_block() && !may_run_on_service_thread(number)) {
    return abi::result_must_exit;
  }
  return serve_process_call(context, number, call).value_or(context.may_block() ? -ENOSYS : abi::result_must_exit);
}

std::int64_t clock_refresh(CallContext& context) {
  context.services.clock.refresh();
  return 0;
}

std::int64_t dispatch(CallContext& context, HostCall number, Call& call) {
  switch (number) {
    case HostCall::Exit:
    case HostCall::ThreadCreate:
    case HostCall::ThreadExit:
    case HostCall::Kick:
    case HostCall::Stop:
    case HostCall::Trace:
    case HostCall::Panic:
    case HostCall::LoadFailed:
    case HostCall::OutOfMemory:
    case HostCall::RefillInbox:
    case HostCall::NewThreadId:
    case HostCall::Fork:
    case HostCall::Wait:
    case HostCall::Kill:
    case HostCall::ProcessGet:
    case HostCall::ProcessSet:
    case HostCall::Executed:
    case HostCall::VforkWrite:
    case HostCall::VforkRead:
    case HostCall::ProcessOpen:
    case HostCall::KillThread:
    case HostCall::ProcessDescribe:
    case HostCall::Ask:
    case HostCall::NextQuestion:
    case HostCall::Answer:
    case HostCall::NewestReaders:
    case HostCall::Identity:
    case HostCall::CheckExecutable:
      return process_call(context, number, call);
    case HostCall::MemoryGrow:
      return serve_memory_grow(context, call);
    case HostCall::MemoryRelease:
      return serve_memory_release(context, call);
    case HostCall::Read:
      return serve_read(context, call);
    case HostCall::Write:
      return serve_write(context, call);
    case HostCall::Open:
      return serve_open(context, call);
    case HostCall::OpenAgain:
      return serve_open_again(context, call);
    case HostCall::OpenDevice:
      return serve_open_device(context, call);
    case HostCall::CheckProgram:
      return serve_check_program(context, call);
    case HostCall::Close:
      return serve_close(context, call);
    case HostCall::FutexWait:
      return serve_futex_wait(context, call);
    case HostCall::FutexWake:
      return serve_futex_wake(context, call);
    case HostCall::FutexRequeue:
      return serve_futex_requeue(context, call);
    case HostCall::MapShared:
      return serve_map_shared(context, call);
    case HostCall::UnmapShared:
      return serve_unmap_shared(context, call);
    case HostCall::SyncShared:
      return serve_sync_shared(context, call);
    case HostCall::TimerArm:
      return serve_timer_arm(context, call);
    case HostCall::ClockRefresh:
      return clock_refresh(context);
    case HostCall::Decode:
      return serve_decode(context, call);
    case HostCall::Poll:
      return serve_poll(context, call);
    case HostCall::Ioctl:
      return serve_ioctl(context, call);
    case HostCall::Fcntl:
      return serve_fcntl(context, call);
    case HostCall::Sendfile:
      return serve_sendfile(context, call);
    case HostCall::Random:
      return serve_random(context, call);
    case HostCall::ProcessTimes:
      return serve_process_times(context, call);
    case HostCall::MemFile:
      return serve_mem_file(context, call);
    case HostCall::HostInfo:
      return serve_host_info(context, call);
    case HostCall::HandlePath:
      return serve_handle_path(context, call);
    case HostCall::SendMessage:
      return serve_send_message(context, call);
    case HostCall::ReceiveMessage:
      return serve_receive_message(context, call);
    case HostCall::MessageNotify:
      return serve_message_notify(context, call);
    case HostCall::Ipc:
      return serve_ipc(context, call);
    case HostCall::Batch:
      return serve_batch(context, call);
    case HostCall::WaitEvents:
      return serve_wait_events(context, call);
    case HostCall::WriteBehind:
      return serve_write_behind(context, call);
    case HostCall::Select:
    case HostCall::Last:
      break;
  }
  return -ENOSYS;
}

}  // namespace

std::int64_t serve(CallContext& context, Call& call) {
  KX_VERIFY(context.buffer.size() <= abi::vcpu_call_buffer_size);
  if (context.services.components != abi::all_components && !abi::may_call(context.services.components, call.number)) {
    return -ENOSYS;
  }
  if (!context.may_block() && context.services.has_own_identity.load(std::memory_order_seq_cst) &&
      !is_for_anybody(call.number)) {
    return abi::result_must_exit;  // a service thread is who the family began as
  }
  if (call.number < abi::syscall_shapes.size()) {
    return serve_passthrough(context, call);
  }
  if (call.number >= abi::first_host_call && call.number < static_cast<std::uint32_t>(HostCall::Last)) {
    return dispatch(context, static_cast<HostCall>(call.number), call);
  }
  return -ENOSYS;
}

void serve(CallContext& context, abi::CallSlot& slot) {
  if (context.services.write_behind != nullptr) {
    context.services.write_behind->catch_up(context.services);
  }
  // The guest may write to the slot at any time: each word is read exactly once.
  const auto read_once = [](auto& word) { return std::atomic_ref(word).load(std::memory_order_relaxed); };
  Call call;
  call.number = read_once(slot.number);
  for (int i = 0; i < 6; ++i) {
    call.args[i] = read_once(slot.args[i]);
  }
  call.extra[0] = read_once(slot.extra[0]);
  call.extra[1] = read_once(slot.extra[1]);
  const std::int64_t result = serve(context, call);
  std::atomic_ref(slot.extra[0]).store(call.extra[0], std::memory_order_relaxed);
  std::atomic_ref(slot.extra[1]).store(call.extra[1], std::memory_order_relaxed);
  std::atomic_ref(slot.result).store(result, std::memory_order_relaxed);
}

}  // namespace kx::hv
