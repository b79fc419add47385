#include "files/message.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "files/fd_table.hpp"
#include "files/path.hpp"
#include "files/ready_streams.hpp"
#include "files/signal_sink.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/heap.hpp"
#include "mm/tlb.hpp"
#include "syscalls/dispatch.hpp"
#include "syscalls/poll_wait.hpp"

namespace kx::libos {

namespace {

// Places in the call buffer.
constexpr u64 name_offset = 32, name_limit = 128;
constexpr u64 control_offset = name_offset + name_limit, control_limit = 4096;
constexpr u64 segment_offset = control_offset + control_limit;
constexpr u32 most_segments = (fault_buffer_offset - segment_offset) / sizeof(abi::Segment);
static_assert(most_segments <= abi::max_segments);

constexpr u64 message_step = 2 << 20;  // of a stream; makes no more pages present than one call may need
constexpr u64 largest_packet = 256 << 10;

// What makes no difference to a connection that is ready.
constexpr u32 harmless_flags = MSG_DONTWAIT | MSG_NOSIGNAL;

// In place of the program's buffers, when they are in more pieces than a call can name: a packet is sent and received
// as one. Or of none, for what is thrown away.
class Bounce {
 public:
  // False: out of memory.
  bool allocate(u64 size) {
    size_ = std::min(size, largest_packet);
    block_.emplace(size_);
    return data() != nullptr;
  }
  [[nodiscard]] bool is_used() const { return block_.has_value(); }
  [[nodiscard]] u8* data() const { return block_->bytes(); }
  [[nodiscard]] u64 size() const { return size_; }
  [[nodiscard]] abi::Segment segment() const { return {reinterpret_cast<u64>(data()) - abi::linear_base, size_}; }

 private:
  std::optional<HeapBlock> block_;
  u64 size_ = 0;
};

// Visits the control messages in `text`; false if one is broken.
template <class Visit>
bool for_each_control(u8* text, u64 size, Visit&& visit) {
  for (u64 at = 0; at + sizeof(cmsghdr) <= size;) {
    cmsghdr head;
    std::memcpy(&head, text + at, sizeof head);
    if (head.cmsg_len < sizeof head || head.cmsg_len > size - at) {
      return false;
    }
    if (!visit(head, text + at + sizeof head, head.cmsg_len - sizeof head)) {
      return false;
    }
    at += CMSG_ALIGN(head.cmsg_len);
  }
  return true;
}

bool carries_descriptors(const cmsghdr& head) {
  return head.cmsg_level == SOL_SOCKET && head.cmsg_type == SCM_RIGHTS;
}

// Descriptors become handles. The files stay open as long as the program does not close them meanwhile.
i64 put_control(const SentMessage& message) {
  u8* control = call_buffer() + control_offset;
  if (message.control_size > control_limit) {
    return -ENOBUFS;
  }
  if (!copy_from_user(control, message.control_address, message.control_size)) {
    return -EFAULT;
  }
  bool bad_descriptor = false;
  const bool good = for_each_control(control, message.control_size, [&](const cmsghdr& head, u8* data, u64 size) {
    for (u64 i = 0; carries_descriptors(head) && i + sizeof(i32) <= size; i += sizeof(i32)) {
      i32 fd;
      std::memcpy(&fd, data + i, sizeof fd);
      const FileRef file = FdTable::instance().get(static_cast<u64>(fd));
      if (fd < 0 || !file) {
        bad_descriptor = true;
        return false;
      }
      const auto handle = static_cast<i32>(file->handle());
      std::memcpy(data + i, &handle, sizeof handle);
    }
    return true;
  });
  return good ? 0 : bad_descriptor ? -EBADF : -EINVAL;
}

i64 call_host(abi::HostCall number, const OpenFile& file, u32 segments, u32 flags) {
  const AtHost at_host(file, number == abi::HostCall::SendMessage ? Direction::Write : Direction::Read);
  const IdleSection idle(IdleKind::Transfer);
  return host_call_raw(static_cast<u32>(number), {{file.handle(), 0, segments, flags}, working_directory_handle()},
                       CallKind::Quick)
      .result;
}

// A number that getsockopt(2) tells; `size` bytes at most. False: it does not.
bool get_option(const OpenFile& file, i32 option, void* value, u32 size) {
  constexpr u64 value_offset = fault_buffer_offset - 128, length_offset = value_offset + 64;
  std::memcpy(call_buffer() + length_offset, &size, sizeof size);
  const HostArguments arguments{{file.handle(), SOL_SOCKET, static_cast<u32>(option), value_offset, length_offset}, 0};
  const i64 result = host_call_raw(SYS_getsockopt, arguments, CallKind::Quick).result;
  std::memcpy(value, call_buffer() + value_offset, size);
  return result == 0;
}

// tcp(7): with MSG_TRUNC the bytes are counted and go nowhere.
bool discards(const OpenFile& file, u32 flags) {
  i32 protocol = 0;
  return (flags & MSG_TRUNC) != 0 && S_ISSOCK(file.mode()) &&
         get_option(file, SO_PROTOCOL, &protocol, sizeof protocol) && protocol == IPPROTO_TCP;
}

// The program's buffers as segments, or a bounce for them. Bytes, -EFAULT or -ENOMEM.
i64 put_segments(const BufferCursor& cursor, Direction direction, u64 left, Bounce& bounce, u32& count) {
  // SAFETY: inside the call buffer, aligned.
  auto* segments = reinterpret_cast<abi::Segment*>(call_buffer() + segment_offset);
  const u64 wanted = std::min(left, message_step);
  const u64 asked = cursor.fill(direction, wanted, segments, most_segments, count);
  if (asked == 0 && left != 0) {
    return -EFAULT;
  }
  if (count < most_segments || asked == wanted) {
    return static_cast<i64>(asked);
  }
  if (!bounce.allocate(left)) {
    return -ENOMEM;
  }
  if (direction == Direction::Write && cursor.copy(direction, bounce.data(), bounce.size()) != bounce.size()) {
    return -EFAULT;
  }
  segments[0] = bounce.segment();
  count = 1;
  return static_cast<i64>(bounce.size());
}

i64 send_part(const OpenFile& file, const SentMessage& message, const BufferCursor& cursor, u64 left, bool first,
              u32 flags, u64& asked) {
  abi::MessageHeader header{};
  header.name_offset = name_offset;
  header.control_offset = control_offset;
  header.segment_offset = segment_offset;
  if (message.name_size != 0) {
    if (message.name_size > name_limit) {
      return -EINVAL;
    }
    header.name_size = message.name_size;
    if (!copy_from_user(call_buffer() + name_offset, message.name_address, message.name_size)) {
      return -EFAULT;
    }
  }
  if (first && message.control_size != 0) {
    if (const i64 result = put_control(message); result != 0) {
      return result;
    }
    header.control_size = static_cast<u32>(message.control_size);
  }
  u32 count = 0;
  Bounce bounce;
  const i64 size = put_segments(cursor, Direction::Write, left, bounce, count);
  if (size < 0) {
    return size;
  }
  asked = static_cast<u64>(size);
  std::memcpy(call_buffer(), &header, sizeof header);
  return call_host(abi::HostCall::SendMessage, file, count, flags);
}

// Handles that came in become descriptors, as far as there is room; the rest is closed. Bytes of those taken.
u64 take_descriptors(u8* data, u64 size, bool close_on_exec, u32& flags) {
  u64 taken = 0;
  for (u64 i = 0; i + sizeof(i32) <= size; i += sizeof(i32)) {
    i32 handle;
    std::memcpy(&handle, data + i, sizeof handle);
    if (handle < 0) {
      continue;  // the hypervisor had no room for it
    }
    if (taken != i) {
      host_call(abi::HostCall::Close, CallKind::Quick, static_cast<u64>(handle));
      continue;
    }
    OpenFile* file = describe_handle(static_cast<u64>(handle));
    const i64 fd = file != nullptr ? FdTable::instance().add(FileRef(file), close_on_exec) : -1;
    if (fd >= 0) {
      const auto number = static_cast<i32>(fd);
      std::memcpy(data + i, &number, sizeof number);
      taken += sizeof number;
    }
  }
  if (taken != size) {
    flags |= MSG_CTRUNC;
  }
  return taken;
}

// Control messages with the program's descriptors in place of handles; of one that has fewer of them than came it is
// that much shorter, and left out without any. Bytes of all of them now.
u64 translate_control(u8* control, u64 size, bool close_on_exec, u32& flags) {
  u64 end = 0;
  for_each_control(control, size, [&](cmsghdr head, u8* data, u64 data_size) {
    const u64 given = carries_descriptors(head) ? take_descriptors(data, data_size, close_on_exec, flags) : data_size;
    const u64 whole = CMSG_ALIGN(head.cmsg_len);
    if (given != 0 || data_size == 0) {
      const bool is_last = data + whole - sizeof head >= control + size;
      head.cmsg_len = sizeof head + given;
      std::memmove(control + end + sizeof head, data, given);
      std::memcpy(control + end, &head, sizeof head);
      // The kernel counts the padding behind the last one only if there was room for it.
      end += given == data_size && is_last ? std::min(whole, static_cast<u64>(control + size - (data - sizeof head)))
                                           : CMSG_ALIGN(head.cmsg_len);
    }
    return true;
  });
  return end;
}

[[gnu::noinline]] i64 take_control(ReceivedMessage& message, const abi::MessageHeader& header, bool close_on_exec) {
  u8 control[control_limit];
  const u64 size = std::min<u64>(header.control_size, control_limit);
  std::memcpy(control, call_buffer() + control_offset, size);
  const u64 given = std::min(translate_control(control, size, close_on_exec, message.flags), message.control_capacity);
  message.control_size = given;
  return copy_to_user(message.control_address, control, given) ? 0 : -EFAULT;
}

i64 take_results(ReceivedMessage& message, bool close_on_exec) {
  abi::MessageHeader header;
  std::memcpy(&header, call_buffer(), sizeof header);
  message.flags = header.flags | (close_on_exec ? u32{MSG_CMSG_CLOEXEC} : 0);
  message.name_size = header.name_size;
  const u64 name_size =
      std::min({static_cast<u64>(header.name_size), static_cast<u64>(message.name_capacity), name_limit});
  if (message.name_address != 0 && !copy_to_user(message.name_address, call_buffer() + name_offset, name_size)) {
    return -EFAULT;
  }
  return header.control_size != 0 ? take_control(message, header, close_on_exec) : 0;
}

i64 receive_part(const OpenFile& file, ReceivedMessage& message, const BufferCursor& cursor, u64 left, u32 flags,
                 u64& asked) {
  abi::MessageHeader header{};
  header.name_offset = name_offset;
  header.name_size = static_cast<u32>(std::min<u64>(message.name_capacity, name_limit));
  header.control_offset = control_offset;
  header.control_size = static_cast<u32>(std::min(message.control_capacity, control_limit));
  header.segment_offset = segment_offset;
  u32 count = 0;
  Bounce bounce;
  const bool discarded = discards(file, flags);
  if (discarded) {
    if (!bounce.allocate(left)) {
      return -ENOMEM;
    }
    const abi::Segment segment = bounce.segment();
    std::memcpy(call_buffer() + segment_offset, &segment, sizeof segment);
    count = 1;
    asked = bounce.size();
  } else {
    const i64 size = put_segments(cursor, Direction::Read, left, bounce, count);
    if (size < 0) {
      return size;
    }
    asked = static_cast<u64>(size);
  }
  std::memcpy(call_buffer(), &header, sizeof header);
  const i64 result = call_host(abi::HostCall::ReceiveMessage, file, count, flags);
  if (bounce.is_used() && result > 0 && !discarded) {
    const u64 received = std::min(static_cast<u64>(result), bounce.size());
    if (cursor.copy(Direction::Read, bounce.data(), received) != received) {
      return -EFAULT;
    }
  }
  return result;
}

bool has_time_limit(const OpenFile& file, i32 option) {
  timeval limit{};
  return get_option(file, option, &limit, sizeof limit) && (limit.tv_sec != 0 || limit.tv_usec != 0);
}

}  // namespace

i64 interrupted_at_socket(const OpenFile& file, i64 result, Direction direction) {
  const bool is_socket = S_ISSOCK(file.mode());
  if (result == -EINTR && is_socket && signal_arrived() &&
      has_time_limit(file, direction == Direction::Read ? SO_RCVTIMEO : SO_SNDTIMEO)) {
    return result;
  }
  return interrupted(result, restart_if_flagged);
}

i64 send_message(const OpenFile& file, const SentMessage& message, u32 flags) {
  if (message.name_size == 0 && message.control_size == 0 && (flags & ~harmless_flags) == 0) {
    if (const i64 done = transfer_ready(file, message.data, Direction::Write); done != not_ready_stream) {
      return done;
    }
  }
  BufferCursor cursor(message.data);
  u64 left = message.data.total();
  u64 done = 0;
  for (;;) {
    u64 asked = 0;
    const i64 result = send_part(file, message, cursor, left, done == 0, flags, asked);
    if (result < 0) {
      if (result == -EPIPE && (flags & MSG_NOSIGNAL) == 0) {
        raise_sigpipe();
      }
      return done != 0 ? static_cast<i64>(done) : interrupted_at_socket(file, result, Direction::Write);
    }
    done += static_cast<u64>(result);
    left -= std::min(left, static_cast<u64>(result));
    // The service thread sends over a stream only what fits at once; the rest is waited for unless a signal came.
    if (left == 0 || result == 0 || (static_cast<u64>(result) < asked && signal_arrived())) {
      return static_cast<i64>(done);
    }
    cursor.advance(static_cast<u64>(result));
  }
}

i64 receive_message(const OpenFile& file, ReceivedMessage& message, u32 flags) {
  // A connection tells no name.
  if (message.control_capacity == 0 && (flags & ~harmless_flags) == 0) {
    if (const i64 done = transfer_ready(file, message.data, Direction::Read); done != not_ready_stream) {
      return done;
    }
  }
  BufferCursor cursor(message.data);
  u64 left = message.data.total();
  u64 done = 0;
  for (;;) {
    u64 asked = 0;
    const i64 result = receive_part(file, message, cursor, left, flags, asked);
    if (result < 0) {
      return done != 0 ? static_cast<i64>(done) : interrupted_at_socket(file, result, Direction::Read);
    }
    if (done == 0) {
      if (const i64 failure = take_results(message, (flags & MSG_CMSG_CLOEXEC) != 0); failure != 0) {
        return failure;
      }
    }
    done += static_cast<u64>(result);
    left -= std::min(left, static_cast<u64>(result));
    // Only MSG_WAITALL waits for more than there is.
    if ((flags & MSG_WAITALL) == 0 || left == 0 || static_cast<u64>(result) < asked || result == 0) {
      return static_cast<i64>(done);
    }
    cursor.advance(static_cast<u64>(result));
  }
}

}  // namespace kx::libos
