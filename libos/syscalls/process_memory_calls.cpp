// process_vm_readv(2) and process_vm_writev(2): of the process itself, and of its children and theirs.
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

#include "files/own_memory.hpp"
#include "mm/heap.hpp"
#include "process/process.hpp"
#include "process/questions.hpp"
#include "process/thread.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

// Between the program's buffers and memory of a relative, which does its part of the copy itself. Ends early where
// something is not accessible; bytes, or an error if there were none.
template <Direction direction>
class RelativeCopy {
 public:
  RelativeCopy(u32 pid, const BufferList& local) : pid_(pid), local_(local), block_(abi::question_data_size) {}

  i64 run(const BufferList& remote, u64 total) {
    if (block_.bytes() == nullptr) {
      return -ENOMEM;
    }
    for (u32 i = 0; i < remote.count() && done_ < total && error_ == 0; ++i) {
      const UserBuffer& buffer = remote.buffers()[i];
      for (u64 inside = 0; inside < buffer.size && done_ < total && error_ == 0;) {
        const u64 size = std::min({buffer.size - inside, total - done_, abi::question_data_size});
        inside += step(buffer.address + inside, size);
      }
    }
    return done_ != 0 ? static_cast<i64>(done_) : error_;
  }

 private:
  // Bytes; fewer than `size` only with an error.
  u64 step(u64 address, u64 size) {
    abi::Question question{};
    question.address = address;
    question.size = size;
    question.kind = static_cast<u32>(abi::QuestionKind::ReadMemory);
    if (direction == Direction::Write) {
      question.kind = static_cast<u32>(abi::QuestionKind::WriteMemory);
      question.size = local_.copy(Direction::Write, block_.bytes(), size);
      error_ = question.size < size ? -EFAULT : 0;
      if (question.size == 0) {
        return 0;
      }
    }
    const i64 answer = ask_relative(pid_, question, block_.bytes());
    if (answer < 0) {
      error_ = answer == -EINTR ? restart_always : answer;
      return 0;
    }
    u64 copied = static_cast<u64>(answer);
    if (direction == Direction::Read) {
      copied = local_.copy(Direction::Read, block_.bytes(), copied);
    }
    error_ = copied < size ? -EFAULT : error_;
    local_.advance(copied);
    done_ += copied;
    return copied;
  }

  u32 pid_;
  BufferCursor local_;
  HeapBlock block_;
  u64 done_ = 0;
  i64 error_ = 0;
};

template <Direction direction>
i64 call_process_vm(Context& context) {
  BufferList local, remote;
  if (context.r9 != 0) {
    return -EINVAL;
  }
  if (const i64 result = local.read(context.rsi, context.rdx); result != 0) {
    return result;
  }
  if (local.total() == 0) {
    return 0;
  }
  if (const i64 result = remote.read(context.r10, context.r8); result != 0) {
    return result;
  }
  if (remote.total() == 0) {
    return 0;
  }
  const auto pid = static_cast<u32>(context.rdi);
  if (pid != Process::instance().pid && ThreadList::instance().find(pid) == nullptr) {
    return RelativeCopy<direction>(pid, local).run(remote, std::min(local.total(), remote.total()));
  }
  return direction == Direction::Read ? copy_own_memory(local, remote) : copy_own_memory(remote, local);
}

constexpr SyscallEntry entries[] = {
    {SYS_process_vm_readv, call_process_vm<Direction::Read>},
    {SYS_process_vm_writev, call_process_vm<Direction::Write>},
};

}  // namespace

std::span<const SyscallEntry> process_memory_calls() {
  return entries;
}

}  // namespace kx::libos
