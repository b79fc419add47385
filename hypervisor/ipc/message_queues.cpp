#include "hypervisor/ipc/message_queues.hpp"

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <kx/abi/result.hpp>
#include <utility>

namespace kx::hv::ipc {

namespace {

constexpr std::uint64_t queue_capacity = 16384;  // MSGMNB

std::int64_t now() {
  return ::time(nullptr);
}

}  // namespace

// msgop(2): what the type means; MSG_COPY takes it as a position.
MessageQueues::Wanted::Wanted(std::int64_t wanted, std::uint64_t size, std::uint32_t flags)
    : match(Match::Equal), type(wanted), capacity(size), may_cut((flags & MSG_NOERROR) != 0) {
  if ((flags & MSG_COPY) != 0) {
    match = Match::Ordinal;
  } else if (wanted == 0) {
    match = Match::Any;
  } else if (wanted < 0) {
    match = Match::Lowest;
    type = wanted == INT64_MIN ? INT64_MAX : -wanted;
  } else if ((flags & MSG_EXCEPT) != 0) {
    match = Match::Other;
  }
}

bool MessageQueues::Wanted::accepts(const Message& message) const {
  switch (match) {
    case Match::Any:
      return true;
    case Match::Equal:
      return message.type == type;
    case Match::Other:
      return message.type != type;
    case Match::Lowest:
      return message.type <= type;
    case Match::Ordinal:
      return false;
  }
  return false;
}

std::deque<Message>::iterator MessageQueues::Queue::find(const Wanted& wanted) {
  if (wanted.match == Match::Ordinal) {
    const bool exists = wanted.type >= 0 && static_cast<std::uint64_t>(wanted.type) < messages.size();
    return exists ? messages.begin() + wanted.type : messages.end();
  }
  const auto accepted = [&](const Message& message) { return wanted.accepts(message); };
  auto found = std::find_if(messages.begin(), messages.end(), accepted);
  if (wanted.match == Match::Lowest) {
    for (auto other = found; other != messages.end(); ++other) {
      found = other->type < found->type ? other : found;
    }
  }
  return found;
}

// Gives a message to the first receiver that waits for it; one it is too long for fails. False: nobody took it.
bool MessageQueues::Queue::hand_over(Message& message) {
  for (auto next = receivers.begin(); next != receivers.end();) {
    Receiver& receiver = **next;
    if (!receiver.wanted.accepts(message)) {
      ++next;
      continue;
    }
    next = receivers.erase(next);
    if (!receiver.wanted.fits(message)) {
      receiver.waiter.wake(-E2BIG);
      continue;
    }
    last_receiver = receiver.caller->pid;
    receive_time = now();
    const auto size = static_cast<std::int64_t>(message.text.size());
    *receiver.message = std::move(message);
    receiver.waiter.wake(size);
    return true;
  }
  return false;
}

void MessageQueues::Queue::deliver(const Caller& sender, Message& message) {
  last_sender = sender.pid;
  send_time = now();
  if (!hand_over(message)) {
    bytes += message.text.size();
    messages.push_back(std::move(message));
  }
}

// Lets those senders go on whose messages now fit, the first first.
void MessageQueues::Queue::admit_senders() {
  for (auto next = senders.begin(); next != senders.end();) {
    Sender& sender = **next;
    if (!has_room(sender.message->text.size())) {
      ++next;
      continue;
    }
    next = senders.erase(next);
    deliver(*sender.caller, *sender.message);
    sender.waiter.wake(0);
  }
}

// The size of the message, or -ENOMSG, -E2BIG, -EINVAL.
std::int64_t MessageQueues::Queue::take(const Caller& receiver, const Wanted& wanted, Message& message) {
  const auto found = find(wanted);
  if (found == messages.end()) {
    return -ENOMSG;
  }
  if (!wanted.fits(*found)) {
    return -E2BIG;
  }
  const std::uint64_t size = found->text.size();
  if (wanted.match == Match::Ordinal) {
    if (size > wanted.capacity) {
      return -EINVAL;  // a copy is never cut
    }
    message = *found;
    return static_cast<std::int64_t>(size);
  }
  message = std::move(*found);
  messages.erase(found);
  bytes -= size;
  last_receiver = receiver.pid;
  receive_time = now();
  admit_senders();
  return static_cast<std::int64_t>(size);
}

msqid_ds MessageQueues::Queue::describe() const {
  msqid_ds result{};
  result.msg_perm = permission.describe();
  result.msg_stime = send_time;
  result.msg_rtime = receive_time;
  result.msg_ctime = change_time;
  result.__msg_cbytes = bytes;
  result.msg_qnum = messages.size();
  result.msg_qbytes = capacity;
  result.msg_lspid = last_sender;
  result.msg_lrpid = last_receiver;
  return result;
}

std::int64_t MessageQueues::get(const Caller& caller, std::int32_t key, std::uint32_t flags) {
  const std::lock_guard lock(mutex_);
  return queues_.get_or_make(
      caller, key, flags, [](const Queue&) { return std::int64_t{0}; },
      [](const Permission& permission, std::shared_ptr<Queue>& queue) {
        queue = std::make_shared<Queue>();
        queue->permission = permission;
        queue->capacity = queue_capacity;
        queue->change_time = now();
        return std::int64_t{0};
      });
}

std::int64_t MessageQueues::send(const Caller& caller, std::int64_t id, Message& message, std::uint32_t flags,
                                 const Patience& patience) {
  if (message.text.size() > abi::ipc_max_message || id < 0 || message.type < 1) {
    return -EINVAL;
  }
  std::unique_lock lock(mutex_);
  const auto queue = queues_.get(id);
  if (queue == nullptr) {
    return -EINVAL;
  }
  if (const std::int64_t error = queue->permission.check(caller, may_write); error != 0) {
    return error;
  }
  if (queue->has_room(message.text.size())) {
    queue->deliver(caller, message);
    return 0;
  }
  if ((flags & IPC_NOWAIT) != 0) {
    return -EAGAIN;
  }
  if (!patience.may_block()) {
    return abi::result_must_exit;
  }
  Sender sender{&caller, &message, {}};
  queue->senders.push_back(&sender);
  const std::int64_t result = sender.waiter.wait(lock, patience);
  queue->senders.remove(&sender);
  return result;
}

std::int64_t MessageQueues::receive(const Caller& caller, std::int64_t id, std::int64_t type, std::uint64_t capacity,
                                    std::uint32_t flags, const Patience& patience, Message& message) {
  const bool copy = (flags & MSG_COPY) != 0;
  if (id < 0 || static_cast<std::int64_t>(capacity) < 0 ||
      (copy && ((flags & MSG_EXCEPT) != 0 || (flags & IPC_NOWAIT) == 0))) {
    return -EINVAL;
  }
  std::unique_lock lock(mutex_);
  const auto queue = queues_.get(id);
  if (queue == nullptr) {
    return -EINVAL;
  }
  if (const std::int64_t error = queue->permission.check(caller, may_read); error != 0) {
    return error;
  }
  const Wanted wanted(type, capacity, flags);
  const std::int64_t taken = queue->take(caller, wanted, message);
  if (taken != -ENOMSG || (flags & IPC_NOWAIT) != 0) {
    return taken;
  }
  if (!patience.may_block()) {
    return abi::result_must_exit;
  }
  Receiver receiver{&caller, wanted, &message, {}};
  queue->receivers.push_back(&receiver);
  const std::int64_t result = receiver.waiter.wait(lock, patience);
  queue->receivers.remove(&receiver);
  return result;
}

std::int64_t MessageQueues::control(const Caller& caller, std::int64_t id, int command, MessageControl& data) {
  if (id < 0 || command < 0) {
    return -EINVAL;
  }
  const std::lock_guard lock(mutex_);
  switch (command) {
    case IPC_INFO:
    case MSG_INFO:
      return information(command, data.info);
    case IPC_STAT:
    case MSG_STAT:
    case MSG_STAT_ANY:
      return status(caller, id, command, data.queue);
    case IPC_SET:
    case IPC_RMID:
      return change(caller, id, command, data.queue);
    default:
      return -EINVAL;
  }
}

std::int64_t MessageQueues::information(int command, msginfo& out) {
  out = {};
  out.msgmax = static_cast<int>(abi::ipc_max_message);
  out.msgmnb = queue_capacity;
  out.msgmni = 32000;
  out.msgssz = 16;
  out.msgseg = 0xffff;
  // As Linux: limits nobody keeps, or with MSG_INFO what is in use.
  out.msgpool = 32000 * static_cast<int>(queue_capacity) / 1024;
  out.msgmap = queue_capacity;
  out.msgtql = queue_capacity;
  if (command == MSG_INFO) {
    out.msgpool = static_cast<int>(queues_.count());
    out.msgmap = out.msgtql = 0;
    queues_.for_each([&](std::int64_t, const Queue& queue) {
      out.msgmap += static_cast<int>(queue.messages.size());
      out.msgtql += static_cast<int>(queue.bytes);
    });
  }
  return queues_.highest_index();
}

std::int64_t MessageQueues::status(const Caller& caller, std::int64_t id, int command, msqid_ds& out) {
  const auto queue = command == IPC_STAT ? queues_.get(id) : queues_.at_index(id);
  if (queue == nullptr) {
    return -EINVAL;
  }
  if (command != MSG_STAT_ANY) {
    if (const std::int64_t error = queue->permission.check(caller, may_read); error != 0) {
      return error;
    }
  }
  out = queue->describe();
  return command == IPC_STAT ? 0 : queues_.id_at(id);
}

std::int64_t MessageQueues::change(const Caller& caller, std::int64_t id, int command, const msqid_ds& in) {
  const auto queue = queues_.get(id);
  if (queue == nullptr) {
    return -EINVAL;
  }
  if (const std::int64_t error = queue->permission.check_owner(caller); error != 0) {
    return error;
  }
  if (command == IPC_RMID) {
    remove(id, *queue);
    return 0;
  }
  if (in.msg_qbytes > queue_capacity) {
    return -EPERM;  // takes CAP_SYS_RESOURCE, which no pVM has
  }
  if (const std::int64_t error = queue->permission.set(in.msg_perm); error != 0) {
    return error;
  }
  queue->capacity = in.msg_qbytes;
  queue->change_time = now();
  queue->admit_senders();
  return 0;
}

void MessageQueues::remove(std::int64_t id, Queue& queue) {
  queues_.remove(id);
  for (Sender* sender : std::exchange(queue.senders, {})) {
    sender->waiter.wake(-EIDRM);
  }
  for (Receiver* receiver : std::exchange(queue.receivers, {})) {
    receiver->waiter.wake(-EIDRM);
  }
}

}  // namespace kx::hv::ipc
