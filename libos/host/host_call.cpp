#include "host/host_call.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <atomic>
#include <kx/abi/boot.hpp>
#include <kx/abi/result.hpp>
#include <kx/base/verify.hpp>

#include "host/stats.hpp"

namespace kx::libos {

namespace {

std::atomic_ref<u32> state_of(abi::CallSlot& slot) {
  return std::atomic_ref(slot.state);
}

constexpr u32 idle = static_cast<u32>(abi::CallState::Idle);
constexpr u32 posted = static_cast<u32>(abi::CallState::Posted);
constexpr u32 done = static_cast<u32>(abi::CallState::Done);

// The service thread may be descheduled: a call that it has not taken in about the time that an exit needs is taken
// back and served by one.
constexpr u64 patience_tsc = 150'000;

// Posts the filled slot to the service thread. False: nobody took it, the caller must exit.
bool served_by_service(abi::VcpuPage& page) {
  std::atomic_ref awake(page.service_awake);
  if (awake.load(std::memory_order_acquire) == 0) {
    return false;
  }
  auto state = state_of(page.call);
  state.store(posted, std::memory_order_seq_cst);
  u64 give_up_tsc = read_tsc() + patience_tsc;
  for (;;) {
    if (state.load(std::memory_order_acquire) == done) {
      state.store(idle, std::memory_order_relaxed);
      return page.call.result != abi::result_must_exit;
    }
    const bool gives_up = read_tsc() > give_up_tsc;
    if (gives_up || awake.load(std::memory_order_seq_cst) == 0) {
      u32 expected = posted;
      if (state.compare_exchange_strong(expected, idle, std::memory_order_seq_cst)) {
        if (gives_up) {
          awake.store(0, std::memory_order_seq_cst);  // until it runs again, and says so
        }
        return false;
      }
      give_up_tsc = ~0ull;  // taken: it will be done
    }
    relax();
  }
}

enum class Effect : u8 {
  None,  // the program learns nothing that others did, or who makes the call sees to it
  Tells,
  Changes,
};

// Options that change neither what a connection takes nor how its bytes are to be read.
constexpr bool is_harmless_option(u64 level, u64 name) {
  if (level == SOL_SOCKET) {
    return name == SO_KEEPALIVE;
  }
  return level == IPPROTO_TCP && (name == TCP_NODELAY || name == TCP_CORK || name == TCP_QUICKACK ||
                                  name == TCP_KEEPIDLE || name == TCP_KEEPINTVL || name == TCP_KEEPCNT);
}

constexpr Effect effect_of(u32 number, const HostArguments& arguments) {
  switch (number) {
    case SYS_fstat:
    case SYS_newfstatat:
    case SYS_lseek:
    case SYS_accept4:
    case SYS_epoll_ctl:
    case SYS_getsockname:
    case SYS_getpeername:
    case SYS_sendfile:
    case SYS_splice:
      return Effect::None;
    case SYS_setsockopt:
      return is_harmless_option(arguments.values[1], arguments.values[2]) ? Effect::None : Effect::Changes;
    case SYS_shutdown:
      return Effect::Changes;
    default:
      break;
  }
  switch (static_cast<abi::HostCall>(number)) {
    case abi::HostCall::MemoryGrow:
    case abi::HostCall::MemoryRelease:
    case abi::HostCall::Read:
    case abi::HostCall::ReceiveMessage:
    case abi::HostCall::Write:
    case abi::HostCall::Open:
    case abi::HostCall::OpenAgain:
    case abi::HostCall::Close:
    case abi::HostCall::ClockRefresh:
    case abi::HostCall::Decode:
    case abi::HostCall::Trace:
    case abi::HostCall::SendMessage:
    case abi::HostCall::WaitEvents:
    case abi::HostCall::WriteBehind:
      return Effect::None;
    default:
      return Effect::Tells;
  }
}

HostCallMarks marks;

void copy_text(u8* to, u64 capacity, u64& used, const char* text) {
  while (*text != 0 && used < capacity) {
    to[used++] = static_cast<u8>(*text++);
  }
}

}  // namespace

HostCallMarks& host_call_marks() {
  return marks;
}

HostReply host_call_raw(u32 number, const HostArguments& arguments, CallKind kind) {
  std::atomic_ref(marks.calls).fetch_add(1, std::memory_order_relaxed);
  const Effect effect = effect_of(number, arguments);
  if (effect == Effect::Tells) {
    marks.told();
  } else if (effect == Effect::Changes) {
    marks.changed();
  }
  abi::VcpuPage& page = vcpu_page();
  abi::CallSlot& slot = page.call;
  slot.number = number;
  for (int i = 0; i < 6; ++i) {
    slot.args[i] = arguments.values[i];
  }
  slot.extra[0] = arguments.extra;
  const bool by_service = kind == CallKind::Quick && served_by_service(page);
  if (!by_service) {
    out8(abi::port_host_call);
  }
  count_host_call(by_service);
  return {slot.result, {slot.extra[0], slot.extra[1]}};
}

void panic(const char* text, const char* file, int line) {
  u8* buffer = call_buffer();
  u64 size = 0;
  copy_text(buffer, 512, size, file);
  copy_text(buffer, 512, size, ":");
  char digits[12];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + line % 10);
    line /= 10;
  } while (line != 0 && count < 12);
  while (count > 0 && size < 512) {
    buffer[size++] = static_cast<u8>(digits[--count]);
  }
  copy_text(buffer, 512, size, ": ");
  copy_text(buffer, 512, size, text);
  for (;;) {
    host_call(abi::HostCall::Panic, CallKind::Blocking, 0, size);
  }
}

}  // namespace kx::libos

namespace kx {

void verify_failed(const char* expression, const char* file, int line) {
  libos::panic(expression, file, line);
}

}  // namespace kx
