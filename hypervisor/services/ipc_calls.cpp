// System V IPC: decodes the operations of HostCall::Ipc.
#include <signal.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <kx/abi/ipc.hpp>
#include <vector>

#include "hypervisor/ipc/family_ipc.hpp"
#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

namespace {

using abi::ipc_data_offset;
using abi::IpcOperation;

// One call; the arguments after the operation are numbered from 0.
class IpcCall {
 public:
  IpcCall(CallContext& context, Call& call) : context_(context), call_(call), ipc_(*context.services.ipc) {}

  std::int64_t serve();

 private:
  [[nodiscard]] std::uint64_t argument(int i) const { return call_.args[i + 1]; }
  // The program's ids and commands are ints.
  [[nodiscard]] std::int32_t word(int i) const { return static_cast<std::int32_t>(argument(i)); }
  [[nodiscard]] std::uint32_t flags(int i) const { return static_cast<std::uint32_t>(argument(i)); }
  [[nodiscard]] ipc::Patience patience() const { return {context_.kicked, {}}; }

  std::int64_t send();
  std::int64_t receive();
  std::int64_t operate();
  std::int64_t values();
  std::int64_t attach();
  template <class Data, class Control>
  std::int64_t control(Control&& control);

  CallContext& context_;
  Call& call_;
  FamilyIpc& ipc_;
  ipc::Caller caller_;
};

std::int64_t IpcCall::send() {
  const std::uint64_t size = argument(2);
  if (size > abi::ipc_max_message) {
    return -EINVAL;
  }
  const std::byte* from = buffer_at(context_, ipc_data_offset, size);
  if (from == nullptr) {
    return -EFAULT;
  }
  ipc::Message message{static_cast<std::int64_t>(argument(1)), std::vector<std::byte>(size)};
  if (size != 0) {
    copy_once(message.text.data(), from, size);
  }
  return ipc_.queues.send(caller_, word(0), message, flags(3), patience());
}

std::int64_t IpcCall::receive() {
  ipc::Message message;
  const std::uint64_t capacity = argument(2);
  const std::int64_t result = ipc_.queues.receive(caller_, word(0), static_cast<std::int64_t>(argument(1)), capacity,
                                                  flags(3), patience(), message);
  if (result < 0) {
    return result;
  }
  const std::uint64_t size = std::min<std::uint64_t>(message.text.size(), capacity);
  std::byte* to = buffer_at(context_, ipc_data_offset, size);
  if (to == nullptr) {
    return -EFAULT;
  }
  std::copy_n(message.text.begin(), size, to);
  call_.extra[0] = static_cast<std::uint64_t>(message.type);
  return static_cast<std::int64_t>(size);
}

std::int64_t IpcCall::operate() {
  const std::uint64_t count = argument(1);
  if (count > abi::ipc_max_operations) {
    return -E2BIG;
  }
  const std::byte* from = buffer_at(context_, ipc_data_offset, count * sizeof(sembuf));
  if (from == nullptr) {
    return -EFAULT;
  }
  sembuf operations[abi::ipc_max_operations];
  copy_once(operations, from, count * sizeof(sembuf));
  ipc::Patience patience = this->patience();
  if (static_cast<std::int64_t>(argument(2)) >= 0) {
    patience.deadline_ns = ipc::deadline_after(argument(2));
  }
  return ipc_.semaphores.operate(caller_, word(0), {operations, count}, patience);
}

std::int64_t IpcCall::values() {
  const std::uint64_t count = argument(3);
  if (argument(2) == 0) {
    return ipc_.semaphores.count(word(0));
  }
  if (count == 0 || count > abi::ipc_max_semaphores) {
    return -EINVAL;
  }
  std::byte* memory = context_.services.memory.translate_ram(Gpa{argument(2)}, count * sizeof(std::uint16_t));
  if (memory == nullptr) {
    return -EFAULT;
  }
  std::vector<std::uint16_t> values(count);
  if (word(1) == SETALL) {
    copy_once(values.data(), memory, count * sizeof(std::uint16_t));
    const std::int64_t result = ipc_.semaphores.set_all(caller_, word(0), values);
    return result != 0 ? result : static_cast<std::int64_t>(count);
  }
  if (const std::int64_t error = ipc_.semaphores.get_all(caller_, word(0), values); error != 0) {
    return error;
  }
  std::memcpy(memory, values.data(), std::min<std::uint64_t>(count, values.size()) * sizeof(std::uint16_t));
  return static_cast<std::int64_t>(values.size());
}

std::int64_t IpcCall::attach() {
  const int proc_fd = context_.services.sandbox != nullptr ? context_.services.sandbox->proc_fd() : -1;
  UniqueFd memory;
  if (const std::int64_t error = ipc_.segments.attach(caller_, word(0), flags(1), proc_fd, memory, call_.extra[0]);
      error != 0) {
    return error;
  }
  const std::int32_t handle = context_.services.handles.add(std::move(memory));
  if (handle < 0) {
    ipc_.segments.detach(caller_.pid, word(0));
    return -ENOMEM;
  }
  return handle;
}

// The commands of msgctl, semctl and shmctl: a struct comes in and goes out.
template <class Data, class Control>
std::int64_t IpcCall::control(Control&& control) {
  Data data;
  if (!copy_in(context_, ipc_data_offset, data)) {
    return -EFAULT;
  }
  const std::int64_t result = control(data);
  return result >= 0 && !copy_out(context_, ipc_data_offset, data) ? -EFAULT : result;
}

std::int64_t IpcCall::serve() {
  if (!copy_in(context_, 0, caller_.identity)) {
    return -EFAULT;
  }
  caller_.pid = process_id(context_);
  switch (static_cast<IpcOperation>(call_.args[0])) {
    case IpcOperation::MessageGet:
      return ipc_.queues.get(caller_, word(0), flags(1));
    case IpcOperation::MessageSend:
      return send();
    case IpcOperation::MessageReceive:
      return receive();
    case IpcOperation::MessageControl:
      return control<ipc::MessageControl>(
          [&](ipc::MessageControl& data) { return ipc_.queues.control(caller_, word(0), word(1), data); });
    case IpcOperation::SemaphoreGet:
      return ipc_.semaphores.get(caller_, word(0), word(1), flags(2));
    case IpcOperation::SemaphoreOperate:
      return operate();
    case IpcOperation::SemaphoreControl:
      return control<ipc::SemaphoreControl>([&](ipc::SemaphoreControl& data) {
        return ipc_.semaphores.control(caller_, word(0), word(1), word(2), word(3), data);
      });
    case IpcOperation::SemaphoreValues:
      return values();
    case IpcOperation::SegmentGet:
      return ipc_.segments.get(caller_, word(0), argument(1), flags(2));
    case IpcOperation::SegmentAttach:
      return attach();
    case IpcOperation::SegmentDetach:
      return ipc_.segments.detach(caller_.pid, word(0));
    case IpcOperation::SegmentControl:
      return control<ipc::SegmentControl>(
          [&](ipc::SegmentControl& data) { return ipc_.segments.control(caller_, word(0), word(1), data); });
    case IpcOperation::Last:
      break;
  }
  return -ENOSYS;
}

}  // namespace

std::int64_t serve_ipc(CallContext& context, Call& call) {
  if (context.services.ipc == nullptr || call.args[0] >= static_cast<std::uint64_t>(IpcOperation::Last)) {
    return -ENOSYS;
  }
  return IpcCall(context, call).serve();
}

namespace {

// SIGEV_THREAD: the host tells a socket of the program's own, from which its C library reads.
std::int64_t notify_by_socket(const CallContext& context, const Call& call, const HandleTable::File& queue) {
  const HandleTable::File socket = context.services.handles.get(call.args[2]);
  ipc::QueueNotifications::Cookie cookie;
  if (socket == nullptr) {
    return -EBADF;
  }
  if (!copy_in(context, call.args[4], cookie)) {
    return -EFAULT;
  }
  if (!context.may_block()) {
    return abi::result_must_exit;
  }
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_signo = socket->get();
  event.sigev_value.sival_ptr = cookie.data();
  return context.services.ipc->notifications.add(process_id(context), queue, [&] {
    return host_syscall_blocking(context, SYS_mq_notify,
                                 {static_cast<std::uint64_t>(queue->get()), address_of(&event)});
  });
}

}  // namespace

// (handle, SIGEV_* or -1: take it back, signal or handle of a netlink socket, value, offset of the cookie)
std::int64_t serve_message_notify(CallContext& context, Call& call) {
  const Services& services = context.services;
  if (services.ipc == nullptr || services.sandbox == nullptr || !services.sandbox->has_own_ipc()) {
    return -ENOSYS;  // the host's queues are nobody's here
  }
  const HandleTable::File queue = services.handles.get(call.args[0]);
  if (queue == nullptr) {
    return -EBADF;
  }
  ipc::QueueNotifications& notifications = services.ipc->notifications;
  const auto kind = static_cast<int>(call.args[1]);
  const std::int32_t process = process_id(context);
  if (kind == -1) {
    return notifications.remove(process, queue);
  }
  if (kind == SIGEV_THREAD) {
    return notify_by_socket(context, call, queue);
  }
  const auto signal = static_cast<int>(call.args[2]);
  if ((kind != SIGEV_SIGNAL && kind != SIGEV_NONE) || (kind == SIGEV_SIGNAL && (signal < 0 || signal > 64))) {
    return -EINVAL;
  }
  return notifications.add(process, queue,
                           ipc::QueueNotifications::Signal{kind == SIGEV_SIGNAL ? signal : 0, call.args[3]});
}

}  // namespace kx::hv
