// System V message queues: msgget(2), msgop(2), msgctl(2).
#pragma once

#include <sys/msg.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <span>
#include <vector>

#include "hypervisor/ipc/id_table.hpp"
#include "hypervisor/ipc/waiter.hpp"

namespace kx::hv::ipc {

struct Message {
  std::int64_t type = 0;
  std::vector<std::byte> text;
};

// What the commands of msgctl(2) read or write.
union MessageControl {
  msqid_ds queue;
  msginfo info;
};

// All of a family's. Thread-safe. Results are >= 0 or -errno; a call that would have to wait and must not by its
// patience answers abi::result_must_exit and has done nothing.
class MessageQueues {
 public:
  std::int64_t get(const Caller& caller, std::int32_t key, std::uint32_t flags);
  // The message is taken with success, and kept otherwise.
  std::int64_t send(const Caller& caller, std::int64_t id, Message& message, std::uint32_t flags,
                    const Patience& patience);
  // The size of the message, which may be more than `capacity` with MSG_NOERROR: the caller cuts it.
  std::int64_t receive(const Caller& caller, std::int64_t id, std::int64_t type, std::uint64_t capacity,
                       std::uint32_t flags, const Patience& patience, Message& message);
  std::int64_t control(const Caller& caller, std::int64_t id, int command, MessageControl& data);

 private:
  struct Sender {
    const Caller* caller;
    Message* message;
    Waiter waiter;
  };
  enum class Match : std::uint8_t { Any, Equal, Other, Lowest, Ordinal };
  struct Wanted {
    Match match;
    std::int64_t type;
    std::uint64_t capacity;
    bool may_cut;

    Wanted(std::int64_t type, std::uint64_t capacity, std::uint32_t flags);
    [[nodiscard]] bool fits(const Message& message) const { return may_cut || message.text.size() <= capacity; }
    [[nodiscard]] bool accepts(const Message& message) const;
  };
  struct Receiver {
    const Caller* caller;
    Wanted wanted;
    Message* message;
    Waiter waiter;
  };
  struct Queue {
    Permission permission;
    std::deque<Message> messages;
    std::list<Sender*> senders;  // in the order they came
    std::list<Receiver*> receivers;
    std::uint64_t bytes = 0;
    std::uint64_t capacity = 0;
    std::int64_t send_time = 0, receive_time = 0, change_time = 0;
    std::int32_t last_sender = 0, last_receiver = 0;

    [[nodiscard]] bool has_room(std::uint64_t size) const {
      return size + bytes <= capacity && messages.size() + 1 <= capacity;
    }
    void deliver(const Caller& sender, Message& message);
    bool hand_over(Message& message);
    void admit_senders();
    std::int64_t take(const Caller& receiver, const Wanted& wanted, Message& message);
    std::deque<Message>::iterator find(const Wanted& wanted);
    [[nodiscard]] msqid_ds describe() const;
  };

  std::int64_t status(const Caller& caller, std::int64_t id, int command, msqid_ds& out);
  std::int64_t change(const Caller& caller, std::int64_t id, int command, const msqid_ds& in);
  std::int64_t information(int command, msginfo& out);
  void remove(std::int64_t id, Queue& queue);

  std::mutex mutex_;
  IdTable<Queue> queues_{32000};  // MSGMNI
};

}  // namespace kx::hv::ipc
