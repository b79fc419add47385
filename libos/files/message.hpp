// One message sent or received over a socket (sendmsg(2), recvmsg(2)).
#pragma once

#include "arch/x86_64/context.hpp"
#include "files/open_file.hpp"
#include "files/transfer.hpp"

namespace kx::libos {

struct SentMessage {
  BufferList data;
  u64 name_address = 0;
  u32 name_size = 0;
  u64 control_address = 0;
  u64 control_size = 0;
};

struct ReceivedMessage {
  BufferList data;
  u64 name_address = 0;
  u32 name_capacity = 0;
  u64 control_address = 0;
  u64 control_capacity = 0;
  // Results.
  u32 name_size = 0;
  u64 control_size = 0;
  u32 flags = 0;
};

// Bytes, -errno or a restart code; SIGPIPE is raised.
i64 send_message(const OpenFile& file, const SentMessage& message, u32 flags);
i64 receive_message(const OpenFile& file, ReceivedMessage& message, u32 flags);

// What becomes of a call that a signal may have interrupted: with a time limit of the socket's for this direction it is
// never made again, whatever SA_RESTART says (signal(7)). Other files: as always.
i64 interrupted_at_socket(const OpenFile& file, i64 result, Direction direction);

}  // namespace kx::libos
