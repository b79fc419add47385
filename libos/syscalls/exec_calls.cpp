// execve(2) and execveat(2).
#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "files/fd_table.hpp"
#include "files/text_builder.hpp"
#include "loader/exec.hpp"
#include "mm/address_space.hpp"
#include "mm/memory.hpp"
#include "process/strace.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

constexpr u64 strings_limit = abi::huge_page_size;  // a quarter of the usual stack limit
constexpr u64 string_limit = 128 << 10;             // MAX_ARG_STRLEN
constexpr u64 path_limit = 4096;

// A buffer of the library OS's that the program's strings are copied to.
class StringBuffer {
 public:
  StringBuffer() : block_(Memory::instance().allocate(PageAllocator::max_order, Prefer::Dirty)) {
    text_ = block_ ? linear_pointer<char>(*block_) : nullptr;
  }
  ~StringBuffer() {
    if (block_) {
      Memory::instance().free(*block_, PageAllocator::max_order);
    }
  }
  StringBuffer(const StringBuffer&) = delete;
  StringBuffer& operator=(const StringBuffer&) = delete;
  [[nodiscard]] bool good() const { return text_ != nullptr; }

  // Appends the strings that the program's NULL-terminated array at `array` points to; an absent array is empty.
  i64 append(u64 array, StringList& list) {
    list.text = text_ + used_;
    const u64 start = used_;
    for (u64 i = 0; array != 0; ++i) {
      u64 pointer = 0;
      if (!read_user(pointer, array + i * sizeof pointer)) {
        return -EFAULT;
      }
      if (pointer == 0) {
        break;
      }
      const u64 room = strings_limit - used_;
      const i64 length = copy_string_from_user(text_ + used_, pointer, room < string_limit ? room : string_limit);
      if (length < 0) {
        return length == -ENAMETOOLONG ? -E2BIG : length;
      }
      used_ += static_cast<u64>(length) + 1;
      ++list.count;
    }
    list.size = used_ - start;
    return 0;
  }
  // Linux gives a program that was started without arguments one empty string.
  void append_empty(StringList& list) {
    text_[used_++] = 0;
    list.size = 1;
    list.count = 1;
  }

 private:
  // RAM, not the arena: too large to be copied at each fork.
  std::optional<Gpa> block_;
  char* text_ = nullptr;
  u64 used_ = 0;
};

i64 execute(Context& context, ExecRequest& request, u64 arguments, u64 environment) {
  StringBuffer strings;
  if (!strings.good()) {
    return -ENOMEM;
  }
  if (const i64 result = strings.append(arguments, request.arguments); result != 0) {
    return result;
  }
  if (request.arguments.count == 0) {
    strings.append_empty(request.arguments);
  }
  if (const i64 result = strings.append(environment, request.environment); result != 0) {
    return result;
  }
  const i64 result = load_program(request, context);
  return result == 0 ? context_replaced : result;
}

i64 do_execve(Context& context) {
  char path[path_limit];
  const i64 length = copy_string_from_user(path, context.rdi, sizeof path);
  if (length <= 0) {
    return length < 0 ? length : -ENOENT;
  }
  ExecRequest request;
  request.path = path;
  return execute(context, request, context.rsi, context.rdx);
}

i64 do_execveat(Context& context) {
  char name[path_limit];
  TextBuilder path;
  const i64 length = copy_string_from_user(name, context.rsi, sizeof name);
  if (length < 0 || (length == 0 && (context.r8 & AT_EMPTY_PATH) == 0)) {
    return length < 0 ? length : -ENOENT;
  }
  if ((context.r8 & ~static_cast<u64>(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) != 0) {
    return -EINVAL;
  }
  ExecRequest request;
  request.path = name;
  request.final = (context.r8 & AT_SYMLINK_NOFOLLOW) != 0 ? FinalLink::Keep : FinalLink::Follow;
  const auto fd = static_cast<u32>(context.rdi);
  if (name[0] != '/' && static_cast<i32>(fd) != AT_FDCWD) {
    const i64 flag = FdTable::instance().flag(fd);
    if (flag < 0) {
      return flag;
    }
    // Such a program is called /dev/fd/N/name, as Linux has it.
    path.text("/dev/fd/").number(fd).text(length != 0 ? "/" : "").text(name).bytes("", 1);
    if (path.failed() || path.size() > path_limit) {
      return path.failed() ? -ENOMEM : -ENAMETOOLONG;
    }
    request.path = reinterpret_cast<const char*>(path.data());
    request.script_path_lost = flag != 0;
    if (length == 0) {
      request.final = FinalLink::Follow;  // the descriptor's own file is what is meant
    }
  } else if (length == 0) {
    return -EACCES;  // the working directory
  }
  return execute(context, request, context.rdx, context.r10);
}

constexpr SyscallEntry entries[] = {{SYS_execve, do_execve}, {SYS_execveat, do_execveat}};

}  // namespace

std::span<const SyscallEntry> exec_calls() {
  return entries;
}

}  // namespace kx::libos
