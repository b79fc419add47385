#include "files/ready_streams.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "files/pieces.hpp"
#include "host/stats.hpp"
#include "mm/heap.hpp"

namespace kx::libos {

namespace {

constexpr u32 most_wasted = 4;
constexpr u32 long_rest = 64;

ReadyStreams streams;

u32 load(const u32& word) {
  return std::atomic_ref(const_cast<u32&>(word)).load(std::memory_order_seq_cst);
}

}  // namespace

ReadyStreams& ReadyStreams::instance() {
  return streams;
}

// Of all threads' calls one at a time reads ahead, and none while others take data from sockets.
ReadyStreams::Wait ReadyStreams::begin() {
  const HostCallMarks& marks = host_call_marks();
  const u32 ended = load(takes_ended_);
  const u32 begun = load(takes_begun_);
  const Lock lock(mutex_);
  if (rest_ != 0) {
    --rest_;
  }
  const bool reads_ahead = !waiting_ && rest_ == 0 && begun == ended;
  if (reads_ahead) {
    waiting_ = true;
    drop_all();
  }
  return {reads_ahead, load(marks.tellings), load(marks.changes), begun};
}

void ReadyStreams::take(const Wait& wait, const HostReply& reply) {
  if (!wait.reads_ahead) {
    return;
  }
  const bool was_taken = load(takes_begun_) != wait.takes;
  const Lock lock(mutex_);
  waiting_ = false;
  const u64 count = reply.result > 0 ? std::min<u64>(reply.extra[0], abi::most_read_ahead) : 0;
  if (count == 0) {
    return;
  }
  if (!attached_) {
    attach();
    return;
  }
  for (u64 i = 0; i < count; ++i) {
    abi::ReadAhead& ahead = area_->shared.ahead[i];
    if (ahead.result < 0 && ahead.result != abi::not_read) {
      save_error(ahead.handle, ahead.result);
    }
    if (was_taken) {
      ahead.result = abi::not_read;
    }
    area_->taken[i] = 0;
  }
  wasted_ = was_taken ? wasted_ + 1 : 0;
  rest_ = wasted_ < most_wasted ? 0 : long_rest;
  tellings_ = wait.tellings;
  changes_ = wait.changes;
  std::atomic_ref(count_).store(static_cast<u32>(count), std::memory_order_relaxed);
}

// Gives the hypervisor the area.
void ReadyStreams::attach() {
  if (area_ == nullptr) {
    area_ = static_cast<Area*>(heap_allocate(sizeof(Area)));
  }
  if (area_ == nullptr) {
    return;
  }
  std::memset(static_cast<void*>(&area_->shared), 0, offsetof(abi::EventLoopArea, sent));
  failures_ = 0;
  data_used_ = 0;
  const u64 gpa = reinterpret_cast<u64>(&area_->shared) - abi::linear_base;
  attached_ = host_call(abi::HostCall::WriteBehind, CallKind::Quick, gpa) == 0;
}

bool ReadyStreams::may_write() const {
  return load(count_) != 0 && load(host_call_marks().changes) == changes_;
}

bool ReadyStreams::may_read() const {
  return may_write() && load(host_call_marks().tellings) == tellings_;
}

void ReadyStreams::drop_all() {
  std::atomic_ref(count_).store(0, std::memory_order_relaxed);
}

ReadyStreams::Stream ReadyStreams::find(u64 handle) {
  for (u32 i = 0; i < count_; ++i) {
    if (area_->shared.ahead[i].handle == handle) {
      return {&area_->shared.ahead[i], &area_->taken[i]};
    }
  }
  return {};
}

// Without the mutex: whether there may be anything to say about any connection.
bool ReadyStreams::has_news() {
  return may_write() || std::atomic_ref(errors_).load(std::memory_order_relaxed) != 0 ||
         (attached_ && load(area_->shared.failures) != failures_);
}

void ReadyStreams::save_error(u32 handle, i32 error) {
  for (SavedError& saved : saved_) {
    if (saved.error == 0) {
      saved = {handle, error};
      std::atomic_ref(errors_).fetch_add(1, std::memory_order_relaxed);
      return;
    }
  }
}

// What became of a write that failed is told by the next call, as the network might have told it later. That nobody
// reads any more the host says again.
void ReadyStreams::collect_errors() {
  if (!attached_ || load(area_->shared.failures) == failures_) {
    return;
  }
  failures_ = load(area_->shared.failures);
  for (abi::WriteBehindEntry& entry : area_->shared.entries) {
    const i32 result = std::atomic_ref(entry.result).exchange(0, std::memory_order_relaxed);
    if (result < 0 && result != -EPIPE && result != -EBADF &&
        entry.kind == static_cast<u32>(abi::WriteBehindKind::Write)) {
      save_error(entry.handle, result);
    }
  }
}

i64 ReadyStreams::find_error(u64 handle) {
  collect_errors();
  for (u32 i = 0; errors_ != 0 && i < most_errors; ++i) {
    if (saved_[i].error != 0 && saved_[i].handle == handle) {
      const i64 error = saved_[i].error;
      saved_[i].error = 0;
      std::atomic_ref(errors_).fetch_sub(1, std::memory_order_relaxed);
      return error;
    }
  }
  return 0;
}

// With the mutex held. False: there is no room.
bool ReadyStreams::enqueue(abi::WriteBehindKind kind, u64 handle, u32 offset, u64 size) {
  abi::EventLoopArea& area = area_->shared;
  if (area.queued - load(area.done) >= abi::write_behind_entries) {
    return false;
  }
  area.entries[area.queued % abi::write_behind_entries] = {
      static_cast<u32>(kind), static_cast<u32>(handle), offset, static_cast<u32>(size), 0, 0};
  std::atomic_ref(area.queued).store(area.queued + 1, std::memory_order_seq_cst);
  return true;
}

// The hypervisor stores that it does not look any more before it looks for the last time.
void ReadyStreams::make_sure() {
  if (load(area_->shared.armed) == 0) {
    host_call(abi::HostCall::WriteBehind, CallKind::Quick, abi::no_memory);
  }
}

ReadyStreams::Stream ReadyStreams::usable(u64 handle, Direction direction) {
  return (direction == Direction::Read ? may_read() : may_write()) ? find(handle) : Stream{};
}

// What is to be answered before the program's memory is looked at; 0: nothing.
i64 ReadyStreams::early_answer(u64 handle, Direction direction, u64 size) {
  if (!has_news()) [[likely]] {
    return not_ready_stream;
  }
  const Lock lock(mutex_);
  if (const i64 error = find_error(handle); error != 0) {
    return error;
  }
  const Stream stream = usable(handle, direction);
  const bool fits = stream.ahead != nullptr && (direction == Direction::Read || size <= stream.ahead->room);
  return fits && size != 0 ? 0 : not_ready_stream;
}

i64 ReadyStreams::read(u64 handle, const BufferCursor& cursor, u64 size) {
  if (const i64 answer = early_answer(handle, Direction::Read, size); answer != 0) {
    return answer;
  }
  // Places in the program's memory are looked up without the lock: that may fault.
  // SAFETY: the call buffer is this vCPU's own.
  auto* segments = reinterpret_cast<abi::Segment*>(call_buffer());
  u32 count = 0;
  const u64 reachable =
      cursor.fill(Direction::Read, std::min(size, abi::read_ahead_limit), segments, abi::max_segments, count);
  u64 given = 0;
  {
    const Lock lock(mutex_);
    const auto [ahead, taken] = usable(handle, Direction::Read);
    if (ahead == nullptr || ahead->result < 0) {
      return not_ready_stream;
    }
    if (ahead->result == 0) {
      return 0;
    }
    const u64 left = static_cast<u64>(ahead->result) - *taken;
    given = std::min(left, size);
    if (given == 0 || (size > left && ahead->is_all == 0) || reachable < given || !is_ram(segments, count) ||
        !enqueue(abi::WriteBehindKind::Consume, handle, 0, given)) {
      return not_ready_stream;
    }
    Pieces(segments, count).copy_in(area_->shared.received + ahead->offset + *taken, given);
    *taken += static_cast<u32>(given);
  }
  std::atomic_ref(stats().reads_ahead).fetch_add(1, std::memory_order_relaxed);
  make_sure();
  return static_cast<i64>(given);
}

i64 ReadyStreams::write(u64 handle, const BufferCursor& cursor, u64 size) {
  if (const i64 answer = early_answer(handle, Direction::Write, size); answer != 0) {
    return answer;
  }
  // SAFETY: the call buffer is this vCPU's own.
  auto* segments = reinterpret_cast<abi::Segment*>(call_buffer());
  u32 count = 0;
  if (cursor.fill(Direction::Write, size, segments, abi::max_segments, count) != size || !is_ram(segments, count)) {
    return not_ready_stream;
  }
  {
    const Lock lock(mutex_);
    const Stream stream = usable(handle, Direction::Write);
    if (stream.ahead == nullptr || size > stream.ahead->room) {
      return not_ready_stream;
    }
    abi::EventLoopArea& area = area_->shared;
    if (load(area.done) == area.queued) {
      data_used_ = 0;
    }
    if (size > abi::sent_size - data_used_) {
      return not_ready_stream;
    }
    Pieces(segments, count).copy_out(area.sent + data_used_, size);
    if (!enqueue(abi::WriteBehindKind::Write, handle, data_used_, size)) {
      return not_ready_stream;
    }
    data_used_ += static_cast<u32>(size);
    stream.ahead->room = static_cast<u16>(stream.ahead->room - size);
  }
  std::atomic_ref(stats().writes_behind).fetch_add(1, std::memory_order_relaxed);
  make_sure();
  return static_cast<i64>(size);
}

void ReadyStreams::begin_at_host(const OpenFile& file, Direction direction) {
  if (direction == Direction::Read && S_ISSOCK(file.mode())) {
    std::atomic_ref(takes_begun_).fetch_add(1, std::memory_order_seq_cst);
  }
  if (load(count_) != 0) {
    const Lock lock(mutex_);
    if (const Stream stream = find(file.handle()); stream.ahead != nullptr) {
      if (direction == Direction::Write) {
        stream.ahead->room = 0;
      } else {
        stream.ahead->result = abi::not_read;
      }
      return;
    }
  }
  host_call_marks().told();
}

void ReadyStreams::end_at_host(const OpenFile& file, Direction direction) {
  if (direction == Direction::Read && S_ISSOCK(file.mode())) {
    std::atomic_ref(takes_ended_).fetch_add(1, std::memory_order_seq_cst);
  }
}

void ReadyStreams::forget(u64 handle) {
  if (load(count_) == 0 && !has_news()) {
    return;
  }
  const Lock lock(mutex_);
  while (find_error(handle) != 0) {
  }
  if (const Stream stream = find(handle); stream.ahead != nullptr) {
    *stream.ahead = {~0u, abi::not_read, 0, 0, 0};
  }
}

void ReadyStreams::send_now() {
  if (attached_ && load(area_->shared.queued) != load(area_->shared.done)) {
    host_call(abi::HostCall::WriteBehind, CallKind::Quick, abi::no_memory);
  }
}

// The area is the parent's; the child's hypervisor side knows of none.
void ReadyStreams::start_in_child() {
  mutex_ = Mutex{};
  count_ = 0;
  attached_ = false;
  waiting_ = false;
  errors_ = 0;
  takes_ended_ = takes_begun_;
  std::fill_n(saved_, most_errors, SavedError{});
}

}  // namespace kx::libos
