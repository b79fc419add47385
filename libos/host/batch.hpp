// Several host calls by one exit (kx/abi/batch.hpp).
#pragma once

#include <cerrno>
#include <cstring>
#include <kx/abi/batch.hpp>

#include "host/host_call.hpp"

namespace kx::libos {

// Calls are collected in the call buffer from `offset` on; what they name by offset must not lie there. Nothing else
// may use the buffer meanwhile.
class HostBatch {
 public:
  explicit HostBatch(u64 offset) : offset_(offset) {}

  // The number of the call, from 1 on. `handle_from`: of an earlier call whose result is the first argument.
  u32 add(u32 number, const HostArguments& arguments, u32 handle_from = 0) {
    abi::BatchEntry entry{};
    entry.number = number;
    entry.handle_from = handle_from;
    std::memcpy(entry.args, arguments.values, sizeof entry.args);
    std::memcpy(at(++count_), &entry, sizeof entry);
    return count_;
  }
  u32 add(abi::HostCall number, const HostArguments& arguments, u32 handle_from = 0) {
    return add(static_cast<u32>(number), arguments, handle_from);
  }

  // 0, or -errno when the batch as such was refused.
  i64 run() {
    const i64 made = host_call(abi::HostCall::Batch, CallKind::Blocking, offset_, count_);
    made_ = made < 0 ? 0 : static_cast<u32>(made);
    return made < 0 ? made : 0;
  }

  // The answer to a call; -ECANCELED if one before it failed.
  [[nodiscard]] HostReply reply(u32 number) const {
    if (number > made_) {
      return {-ECANCELED, {0, 0}};
    }
    abi::BatchEntry entry;
    std::memcpy(&entry, at(number), sizeof entry);
    return {entry.result, {entry.extra[0], entry.extra[1]}};
  }

 private:
  [[nodiscard]] u8* at(u32 number) const { return call_buffer() + offset_ + (number - 1) * sizeof(abi::BatchEntry); }

  u64 offset_;
  u32 count_ = 0;
  u32 made_ = 0;
};

}  // namespace kx::libos
