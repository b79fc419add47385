// What saves event loops their exits (abi/event_loop.hpp): connections that an epoll_wait(2) found ready, with what
// they have received, from which reads are answered; what is taken and what is written waits for the next host call.
//
// Only connections that were accepted, and that no relative shares, are told of. What they have received counts until
// the program may have learned of something newer: from a host call, a pipe, or a signal.
#pragma once

#include <kx/abi/event_loop.hpp>

#include "files/transfer.hpp"
#include "host/host_call.hpp"
#include "process/lock.hpp"

namespace kx::libos {

inline constexpr i64 not_ready_stream = INT64_MIN;  // the host is to be asked

class ReadyStreams {
 public:
  static ReadyStreams& instance();

  // Around HostCall::WaitEvents: begin() tells whether it may read ahead, take() takes note of what was.
  struct Wait {
    bool reads_ahead;
    u32 tellings;
    u32 changes;
    u32 takes;
  };
  Wait begin();
  void take(const Wait& wait, const HostReply& reply);

  // read(2) and write(2) on the connection behind `handle`, of `size` bytes at most, or in all. Bytes, -errno, or
  // not_ready_stream.
  i64 read(u64 handle, const BufferCursor& cursor, u64 size);
  i64 write(u64 handle, const BufferCursor& cursor, u64 size);

  // Around a host call that reads from a file that may wait, or writes to one: AtHost.
  void begin_at_host(const OpenFile& file, Direction direction);
  void end_at_host(const OpenFile& file, Direction direction);
  // Before the handle is closed.
  void forget(u64 handle);
  // What is queued is done when this returns.
  void send_now();
  void start_in_child();

 private:
  // The hypervisor writes none of it but during a call that may read ahead.
  struct Area {
    abi::EventLoopArea shared;
    u32 taken[abi::most_read_ahead];  // of each of the connections
  };
  struct Stream {
    abi::ReadAhead* ahead = nullptr;  // null: the connection is not known
    u32* taken = nullptr;
  };
  struct SavedError {
    u32 handle;
    i32 error;  // -errno; 0: none
  };
  static constexpr u32 most_errors = 16;

  void attach();
  [[nodiscard]] bool may_write() const;
  [[nodiscard]] bool may_read() const;
  Stream find(u64 handle);
  // With the mutex held: what is known for this direction now.
  Stream usable(u64 handle, Direction direction);
  i64 early_answer(u64 handle, Direction direction, u64 size);
  bool has_news();
  i64 find_error(u64 handle);
  bool enqueue(abi::WriteBehindKind kind, u64 handle, u32 offset, u64 size);
  void collect_errors();
  void save_error(u32 handle, i32 error);
  void drop_all();
  void make_sure();

  Mutex mutex_;
  Area* area_ = nullptr;
  u32 count_ = 0;     // of streams
  u32 tellings_ = 0;  // HostCallMarks when they were found
  u32 changes_ = 0;
  u32 takes_begun_ = 0;  // calls that may take data from a socket, counted on
  u32 takes_ended_ = 0;
  u32 data_used_ = 0;
  u32 failures_ = 0;  // that were seen
  u32 errors_ = 0;
  SavedError saved_[most_errors] = {};
  u32 wasted_ = 0;  // waits in a row whose answer was of no use
  u32 rest_ = 0;    // waits that are not to read ahead
  bool attached_ = false;
  bool waiting_ = false;  // a thread makes a call that may read ahead
};

class AtHost {
 public:
  AtHost(const OpenFile& file, Direction direction) : file_(file), direction_(direction) {
    ReadyStreams::instance().begin_at_host(file_, direction_);
  }
  ~AtHost() { ReadyStreams::instance().end_at_host(file_, direction_); }
  AtHost(const AtHost&) = delete;
  AtHost& operator=(const AtHost&) = delete;

 private:
  const OpenFile& file_;
  Direction direction_;
};

}  // namespace kx::libos
