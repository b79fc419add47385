#include "files/transfer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <kx/abi/result.hpp>

#include "files/background.hpp"
#include "files/file_head.hpp"
#include "files/message.hpp"
#include "files/own_memory.hpp"
#include "files/pipe_ring.hpp"
#include "files/proc.hpp"
#include "files/ready_streams.hpp"
#include "files/signal_file.hpp"
#include "files/signal_sink.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/heap.hpp"
#include "mm/tlb.hpp"
#include "process/limits.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "syscalls/dispatch.hpp"
#include "syscalls/poll_wait.hpp"

namespace kx::libos {

namespace {

constexpr u32 limit_file_size = 1;  // RLIMIT_FSIZE
constexpr u64 most_buffers = 1024;  // UIO_MAXIOV

// Pages are made present before the host is asked: not many more than one call is likely to need.
constexpr u64 file_step = 4 << 20;
constexpr u64 stream_step = 1 << 20;
constexpr u64 message_limit = 256 << 10;

bool in_program(u64 address, u64 size) {
  return !outside(address, size, 0, abi::user_end);
}

// eventfd, timerfd, inotify and their like: most take each buffer for a message of its own.
bool takes_messages(const OpenFile& file) {
  return (file.mode() & 0170000) == 0;
}

class Transfer {
 public:
  Transfer(OpenFile& file, const BufferList& list, Direction direction, u64 position, u32 flags)
      : file_(file),
        list_(list),
        cursor_(list),
        left_(list.total()),
        direction_(direction),
        position_(position),
        flags_(flags) {}

  i64 run();

 private:
  i64 step();
  i64 call_host(u64 size, u32 count);
  i64 by_messages();
  i64 in_one_piece();
  i64 limit_growth();
  [[nodiscard]] bool continues_short() const;

  OpenFile& file_;
  const BufferList& list_;
  BufferCursor cursor_;
  u64 left_;
  Direction direction_;
  u64 position_;
  u32 flags_;
  u64 asked_ = 0;  // bytes of the last step
};

i64 Transfer::call_host(u64 offset, u32 count) {
  const auto number = direction_ == Direction::Read ? abi::HostCall::Read : abi::HostCall::Write;
  if (!file_.may_block()) {
    return host_call(number, CallKind::Quick, file_.handle(), offset, count, position_, flags_);
  }
  const AtHost at_host(file_, direction_);
  const auto transfer = [&](u64 in_background) {
    // The service thread serves what is ready at once; otherwise this thread's exit waits.
    const IdleSection idle(IdleKind::Transfer);
    return host_call(number, CallKind::Quick, file_.handle(), offset, count, position_, flags_, in_background);
  };
  const i64 result = transfer(0);
  if (result != abi::result_background) [[likely]] {
    return result;
  }
  const i64 refused = refuse_in_background(direction_ == Direction::Read ? SIGTTIN : SIGTTOU);
  return refused != 0 ? refused : transfer(1);
}

// Through a block of the library OS's own, contiguous for the host and cut as the program's buffers are. What such a
// file has given is gone even if the program's memory cannot take it.
i64 Transfer::by_messages() {
  asked_ = std::min(left_, message_limit);
  const HeapBlock block(asked_);
  if (block.bytes() == nullptr) {
    return -ENOMEM;
  }
  const u64 size = direction_ == Direction::Read ? asked_ : cursor_.copy(direction_, block.bytes(), asked_);
  // SAFETY: the call buffer is this vCPU's own until the host call; segments fit below the fault buffer.
  auto* segments = reinterpret_cast<abi::Segment*>(call_buffer());
  const u64 gpa = reinterpret_cast<u64>(block.bytes()) - abi::linear_base;
  const u32 count = cursor_.cut(gpa, size, size == asked_, segments, abi::max_segments);
  if (count == 0) {
    return -EFAULT;
  }
  const i64 result = call_host(0, count);
  if (direction_ == Direction::Read && result > 0 &&
      cursor_.copy(direction_, block.bytes(), static_cast<u64>(result)) != static_cast<u64>(result)) {
    return -EFAULT;
  }
  return result;
}

// Through such a block as one segment: of packets and of streams, whose buffers are in more pieces than a call can
// name.
i64 Transfer::in_one_piece() {
  const u64 size = std::min(left_, message_limit);
  const HeapBlock block(size);
  if (block.bytes() == nullptr) {
    return -ENOMEM;
  }
  asked_ = size;
  if (direction_ == Direction::Write && cursor_.copy(direction_, block.bytes(), size) != size) {
    return -EFAULT;
  }
  // SAFETY: the call buffer is this vCPU's own until the host call.
  *reinterpret_cast<abi::Segment*>(call_buffer()) = {reinterpret_cast<u64>(block.bytes()) - abi::linear_base, size};
  const i64 result = call_host(0, 1);
  if (direction_ == Direction::Read && result > 0 &&
      cursor_.copy(direction_, block.bytes(), static_cast<u64>(result)) != static_cast<u64>(result)) {
    return -EFAULT;
  }
  return result;
}

i64 Transfer::step() {
  if (file_.ring != 0 && flags_ == 0) {
    asked_ = left_;
    if (const i64 done = transfer_by_ring(file_.ring - 1, direction_, cursor_, left_); done != ring_not_ready) {
      return done;
    }
  }
  const u64 limit = file_.may_block() ? (direction_ == Direction::Read ? stream_step : transfer_limit) : file_step;
  // SAFETY: the call buffer is this vCPU's own until the host call; segments fit below the fault buffer.
  auto* segments = reinterpret_cast<abi::Segment*>(call_buffer());
  u32 count = 0;
  asked_ = cursor_.fill(direction_, std::min(limit, left_), segments, abi::max_segments, count);
  if (!takes_messages(file_)) {
    if (asked_ == 0 && left_ != 0) {
      return -EFAULT;
    }
    // A packet is one, in however many pieces its memory is; so is what a stream has now.
    const bool is_cut = count == abi::max_segments && asked_ < std::min(limit, left_) && file_.may_block();
    return is_cut ? in_one_piece() : call_host(0, count);
  }
  if (left_ == 0 && list_.is_plain() && position_ == current_position) {
    segments[count++] = {0, 0};  // the file is asked: many refuse it
  } else if (asked_ == 0 && left_ != 0) {
    segments[count++] = {abi::no_memory, std::min(left_, abi::page_size)};  // reading may take something even so
  } else if (left_ != 0 && (count != 1 || asked_ < left_ || list_.count() != 1)) {
    return by_messages();
  }
  return call_host(0, count);
}

// RLIMIT_FSIZE (setrlimit(2)): cuts the request, or answers EFBIG with SIGXFSZ.
i64 Transfer::limit_growth() {
  const u64 limit = resource_limit(limit_file_size);
  if (limit == ~0ull || direction_ == Direction::Read || !file_.is_regular() || left_ == 0) {
    return 0;
  }
  u64 at = position_;
  if ((file_.flags() & O_APPEND) != 0) {
    at = file_.size();
  } else if (position_ == current_position) {
    const i64 result = host_call_raw(SYS_lseek, {{file_.handle(), 0, SEEK_CUR}, 0}, CallKind::Quick).result;
    at = result < 0 ? 0 : static_cast<u64>(result);
  }
  if (at >= limit) {
    raise_sigxfsz();
    return -EFBIG;
  }
  left_ = std::min(left_, limit - at);
  return 0;
}

// A short count ends most transfers. But the service thread writes to a stream only what fits at once; the rest is to
// be waited for unless a signal came.
bool Transfer::continues_short() const {
  return file_.may_block() && direction_ == Direction::Write && !takes_messages(file_) && !signal_arrived();
}

i64 Transfer::run() {
  if (const i64 result = limit_growth(); result != 0) {
    return result;
  }
  u64 done = 0;
  for (;;) {
    const i64 result = step();
    if (result < 0) {
      if (result == -EPIPE && direction_ == Direction::Write) {
        raise_sigpipe();
      }
      if (done != 0) {
        return static_cast<i64>(done);
      }
      return result == -EINTR && S_ISSOCK(file_.mode()) ? interrupted_at_socket(file_, result, direction_)
                                                        : interrupted(result, restart_if_flagged);
    }
    const u64 bytes = static_cast<u64>(result);
    done += bytes;
    left_ -= std::min(left_, bytes);
    if (left_ == 0 || bytes == 0 || (bytes < asked_ && !continues_short())) {
      return static_cast<i64>(done);
    }
    // What remains of a read from a stream might not come: the program gets what there was.
    if (file_.may_block() && direction_ == Direction::Read) {
      return static_cast<i64>(done);
    }
    cursor_.advance(bytes);
    if (position_ != current_position) {
      position_ += bytes;
    }
  }
}

i64 check_access(const OpenFile& file, Direction direction) {
  if (direction == Direction::Write) {
    return file.writable() ? 0 : -EBADF;
  }
  if (!file.readable()) {
    return -EBADF;
  }
  return file.is_directory() ? -EISDIR : 0;
}

i64 write_to_proc(OpenFile& file, const BufferList& list) {
  char text[256];
  const u64 size = std::min<u64>(list.total(), sizeof text);
  if (BufferCursor(list).copy(Direction::Write, reinterpret_cast<u8*>(text), size) != size) {
    return -EFAULT;
  }
  const i64 result = size == 0 ? 0 : write_proc(file, text, size);
  return result < 0 ? result : static_cast<i64>(list.total());
}

// A file of /proc is made anew whenever it is read from its start.
i64 prepare_proc(OpenFile& file, u64 position) {
  const bool at_start =
      position == 0 || (position == current_position &&
                        host_call_raw(SYS_lseek, {{file.handle(), 0, SEEK_CUR}, 0}, CallKind::Quick).result == 0);
  return at_start ? refresh_proc(file) : 0;
}

}  // namespace

BufferList::~BufferList() {
  if (buffers_ != inline_) {
    heap_free(buffers_, count_ * sizeof(UserBuffer));
  }
}

i64 BufferList::read(u64 address, u64 count) {
  if (count > most_buffers) {
    return -EINVAL;
  }
  if (count > inline_count) {
    auto* buffers = static_cast<UserBuffer*>(heap_allocate(count * sizeof(UserBuffer)));
    if (buffers == nullptr) {
      return -ENOMEM;
    }
    buffers_ = buffers;
  }
  count_ = static_cast<u32>(count);
  if (!copy_from_user(buffers_, address, count * sizeof(UserBuffer))) {
    return -EFAULT;
  }
  return cut();
}

i64 BufferList::set(u64 address, u64 size) {
  is_plain_ = true;
  inline_[0] = {address, std::min(size, transfer_limit)};
  count_ = 1;
  total_ = inline_[0].size;
  if (static_cast<i64>(size) < 0) {
    return -EINVAL;
  }
  return in_program(address, size) ? 0 : -EFAULT;
}

i64 BufferList::cut() {
  for (u32 i = 0; i < count_; ++i) {
    UserBuffer& buffer = buffers_[i];
    if (static_cast<i64>(buffer.size) < 0) {
      return -EINVAL;
    }
    if (!in_program(buffer.address, buffer.size)) {
      return -EFAULT;
    }
    buffer.size = std::min(buffer.size, transfer_limit - total_);
    total_ += buffer.size;
  }
  return 0;
}

u64 BufferCursor::fill(Direction direction, u64 limit, abi::Segment* segments, u32 capacity, u32& count) const {
  count = 0;
  u64 covered = 0;
  u64 inside = inside_;
  for (u32 i = index_; i < list_.count() && covered < limit && count < capacity; ++i, inside = 0) {
    const UserBuffer& buffer = list_.buffers()[i];
    const u64 wanted = std::min(buffer.size - inside, limit - covered);
    if (wanted == 0) {
      continue;
    }
    u32 added = 0;
    const u64 bytes = AddressSpace::instance().segments(buffer.address + inside, wanted, direction == Direction::Read,
                                                        segments + count, capacity - count, added);
    count += added;
    covered += bytes;
    if (bytes < wanted) {
      break;
    }
  }
  return covered;
}

void BufferCursor::advance(u64 bytes) {
  while (index_ < list_.count()) {
    const u64 here = std::min(bytes, list_.buffers()[index_].size - inside_);
    inside_ += here;
    bytes -= here;
    if (inside_ < list_.buffers()[index_].size) {
      return;
    }
    ++index_;
    inside_ = 0;
  }
}

u32 BufferCursor::cut(u64 gpa, u64 size, bool with_part, abi::Segment* segments, u32 capacity) const {
  u32 count = 0;
  u64 inside = inside_;
  for (u32 i = index_; i < list_.count() && size != 0 && count < capacity; ++i, inside = 0) {
    const u64 whole = list_.buffers()[i].size - inside;
    if (whole == 0) {
      continue;
    }
    if (whole > size && !with_part) {
      break;
    }
    const u64 bytes = std::min(whole, size);
    segments[count++] = {gpa, bytes};
    gpa += bytes;
    size -= bytes;
  }
  return count;
}

u64 BufferCursor::copy(Direction direction, u8* memory, u64 size) const {
  u64 done = 0;
  u64 inside = inside_;
  for (u32 i = index_; i < list_.count() && done < size; ++i, inside = 0) {
    const UserBuffer& buffer = list_.buffers()[i];
    const u64 bytes = std::min(buffer.size - inside, size - done);
    const u64 address = buffer.address + inside;
    const bool copied = direction == Direction::Read ? copy_to_user(address, memory + done, bytes)
                                                     : copy_from_user(memory + done, address, bytes);
    if (!copied) {
      break;
    }
    done += bytes;
  }
  return done;
}

i64 transfer_ready(const OpenFile& file, const BufferList& list, Direction direction) {
  const BufferCursor cursor(list);
  if (direction == Direction::Read) {
    return ReadyStreams::instance().read(file.handle(), cursor, list.total());
  }
  // Who would wait for room is to wait.
  return (file.flags() & O_NONBLOCK) != 0 ? ReadyStreams::instance().write(file.handle(), cursor, list.total())
                                          : not_ready_stream;
}

i64 check_file_size(OpenFile& file, u64 size) {
  const u64 limit = resource_limit(limit_file_size);
  if (limit == ~0ull || size <= limit || !file.is_regular() || size <= file.size()) {
    return 0;
  }
  raise_sigxfsz();
  return -EFBIG;
}

i64 transfer(OpenFile& file, const BufferList& list, Direction direction, u64 position, u32 flags) {
  if (const i64 result = check_access(file, direction); result != 0) {
    return result;
  }
  if (file.kind() == FileKind::Null) {
    return direction == Direction::Read ? 0 : static_cast<i64>(list.total());
  }
  if (file.kind() == FileKind::Signal) {
    return direction == Direction::Read ? read_signal_file(file, list) : -EINVAL;
  }
  if (file.kind() == FileKind::Process) {
    return -EINVAL;
  }
  if (file.kind() == FileKind::Proc && is_memory_file(file)) {
    return transfer_own_memory(file, list, direction, position);
  }
  if (file.kind() == FileKind::Proc) {
    if (direction == Direction::Write) {
      return write_to_proc(file, list);
    }
    if (const i64 result = prepare_proc(file, position); result != 0) {
      return result;
    }
  }
  if (file.head != nullptr && position == current_position) {
    file.head->catch_up(file);
  }
  if (S_ISSOCK(file.mode()) && position == current_position && flags == 0) {
    if (const i64 done = transfer_ready(file, list, direction); done != not_ready_stream) {
      return done;
    }
  }
  return Transfer(file, list, direction, position, flags).run();
}

}  // namespace kx::libos
