// Calling the hypervisor: through the polling service thread when it is awake, else by an exit.
#pragma once

#include <atomic>
#include <kx/abi/host_call.hpp>
#include <kx/abi/vcpu.hpp>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

struct HostArguments {
  u64 values[6] = {};
  u64 extra = 0;
};

struct HostReply {
  i64 result;
  u64 extra[2];
};

enum class CallKind : u8 {
  Quick,     // never blocks: the service thread may serve it
  Blocking,  // served by this vCPU's own thread; a kick ends it with -EINTR
};

// What host calls did to what is known of connections meanwhile (files/ready_streams.hpp). Counted on, by all vCPUs.
struct HostCallMarks {
  u32 calls = 0;     // of any kind, before each
  u32 tellings = 0;  // calls, and other ways, by which the program may have learned of something
  u32 changes = 0;   // calls after which a connection may be another's too, or take something else than before

  void told() { std::atomic_ref(tellings).fetch_add(1, std::memory_order_seq_cst); }
  void changed() {
    std::atomic_ref(changes).fetch_add(1, std::memory_order_seq_cst);
    told();
  }
};
HostCallMarks& host_call_marks();

HostReply host_call_raw(u32 number, const HostArguments& arguments, CallKind kind);

inline i64 host_call(abi::HostCall number, CallKind kind, u64 a = 0, u64 b = 0, u64 c = 0, u64 d = 0, u64 e = 0,
                     u64 f = 0) {
  return host_call_raw(static_cast<u32>(number), {{a, b, c, d, e, f}, 0}, kind).result;
}

// The call buffer of this vCPU, for bulk arguments. Its content is the caller's until the next host call.
inline u8* call_buffer() {
  return reinterpret_cast<u8*>(vcpu_page().call_buffer_gva);
}

// The part of the call buffer that page faults use; ordinary calls end before it.
inline constexpr u64 fault_buffer_offset = 12 << 10;

[[noreturn]] void panic(const char* text, const char* file, int line);

}  // namespace kx::libos
