#include "process/strace.hpp"

#include <cstring>
#include <kx/abi/syscall_shapes.hpp>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/thread.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

bool strace_flag = false;

namespace {

struct NameEntry {
  u16 number;
  const char* name;
};
constexpr NameEntry names[] = {
#include "syscall_names.inc"
};

// One line being written; what does not fit is cut.
class Line {
 public:
  void text(const char* text) {
    while (*text != 0) {
      put(*text++);
    }
  }
  void put(char c) {
    if (size_ < sizeof bytes_ - 1) {
      bytes_[size_++] = c;
    }
  }
  void number(u64 value, u64 base) {
    char digits[24];
    u32 count = 0;
    do {
      digits[count++] = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    while (count > 0) {
      put(digits[--count]);
    }
  }
  void value(u64 value) {
    const auto signed_value = static_cast<i64>(value);
    const auto half = static_cast<i32>(value);
    if (signed_value < 0 && signed_value > -65536) {
      put('-');
      number(static_cast<u64>(-signed_value), 10);
    } else if (value >> 32 == 0 && half < 0 && half > -65536) {
      put('-');
      number(static_cast<u64>(-half), 10);
    } else if (value < 65536) {
      number(value, 10);
    } else {
      text("0x");
      number(value, 16);
    }
  }
  void string(u64 address) {
    char content[48];
    const i64 length = copy_string_from_user(content, address, sizeof content);
    if (length == -14) {
      value(address);
      return;
    }
    const u64 shown = length < 0 ? sizeof content : static_cast<u64>(length);
    put('"');
    for (u64 i = 0; i < shown; ++i) {
      const char c = content[i];
      if (c == '\n') {
        text("\\n");
      } else if (c == '"' || c == '\\') {
        put('\\');
        put(c);
      } else {
        put(c < ' ' || c > '~' ? '.' : c);
      }
    }
    text(length < 0 ? "\"..." : "\"");
  }
  void send() {
    bytes_[size_++] = '\n';
    std::memcpy(call_buffer() + fault_buffer_offset, bytes_, size_);
    host_call(abi::HostCall::Trace, CallKind::Quick, fault_buffer_offset, size_);
    size_ = 0;
  }

 private:
  char bytes_[512];
  u64 size_ = 0;
};

// Arguments are noted before the call, since it may change the registers, and written with the result on one line.
bool is_path(u64 number, int index) {
  if (number < 512 && abi::syscall_shapes[number].known) {
    const auto kind = abi::syscall_shapes[number].args[index].kind;
    return kind == abi::ArgKind::Path || kind == abi::ArgKind::CwdPath || kind == abi::ArgKind::PathOrNull;
  }
  constexpr u16 first[] = {2, 4, 6, 21, 59, 76, 80, 82, 83, 84, 85, 86, 87, 88, 89, 90, 92, 94, 132, 133, 235};
  constexpr u16 second[] = {257, 82, 86, 88, 261, 437};
  for (const u16 candidate : first) {
    if (index == 0 && number == candidate) {
      return true;
    }
  }
  for (const u16 candidate : second) {
    if (index == 1 && number == candidate) {
      return true;
    }
  }
  return false;
}

void write_call(Line& line, const Context& context) {
  if (ThreadList::instance().count() > 1) {
    line.text("[");
    line.number(Thread::current().tid, 10);
    line.text("] ");
  }
  line.text(syscall_name(context.orig_rax));
  line.put('(');
  const u64 arguments[6] = {context.rdi, context.rsi, context.rdx, context.r10, context.r8, context.r9};
  for (int i = 0; i < 6; ++i) {
    if (i > 0) {
      line.text(", ");
    }
    if (is_path(context.orig_rax, i) && arguments[i] != 0) {
      line.string(arguments[i]);
    } else {
      line.value(arguments[i]);
    }
  }
  line.put(')');
}

bool never_returns(u64 number) {
  return number == 60 || number == 231;
}

}  // namespace

const char* syscall_name(u64 number) {
  for (const NameEntry& entry : names) {
    if (entry.number == number) {
      return entry.name;
    }
  }
  return "unknown_call";
}

void trace_call(const Context& context) {
  if (never_returns(context.orig_rax)) {
    Line line;
    write_call(line, context);
    line.text(" = ?");
    line.send();
  }
}

void trace_result(const Context& context, i64 result) {
  Line line;
  write_call(line, context);
  line.text(" = ");
  if (is_restart(result)) {
    line.text("? (interrupted)");
  } else {
    line.value(static_cast<u64>(result));
  }
  if (result == -38) {
    line.text(" ENOSYS (unsupported)");
  }
  line.send();
}

}  // namespace kx::libos
