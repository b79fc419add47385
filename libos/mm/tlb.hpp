// Flushing stale translations: on this vCPU through CPL0, on the others by a shootdown.
#pragma once

#include <kx/base/address.hpp>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// Collects the addresses of changed entries; flushes on every vCPU when told to. Entries that were never present
// need no flush.
class FlushBatch {
 public:
  void add(Gva address) {
    if (count_ < limit) {
      addresses_[count_] = address;
    }
    ++count_;
  }
  // After this no vCPU uses an old translation of the addresses. The caller may hold the address-space lock.
  void flush();
  // After this no vCPU uses any translation from before.
  static void flush_everything();

 private:
  static constexpr u32 limit = 2;  // above, one reload of CR3 costs less
  Gva addresses_[limit];
  u32 count_ = 0;
};

// Flushes one page on every vCPU.
void flush_page(Gva address);

// Answers a shootdown by another vCPU, if there is one.
void acknowledge_flush();

// membarrier(2): every running vCPU passes through the library OS or is idle before this returns.
void barrier_on_all_vcpus();

// Why a vCPU is idle: in a host call that touches none of the program's memory; in one for which places of it have been
// looked up, which a fork makes wrong; waiting for a lock, perhaps with others held; waiting for the stopped world.
enum class IdleKind : u32 { None, HostCall, Transfer, Lock, Stopped };

// While it lives this vCPU uses no translation of the program's pages: shootdowns do not wait for it; it flushes at the
// end if one happened. Around host calls that block.
class IdleSection {
 public:
  explicit IdleSection(IdleKind kind = IdleKind::HostCall);
  ~IdleSection();
  IdleSection(const IdleSection&) = delete;
  IdleSection& operator=(const IdleSection&) = delete;

 private:
  IdleKind kind_;
  u32 outer_;  // of the section around this one
};

// State of one vCPU for shootdowns; in its Thread.
struct FlushState {
  u64 seen = 0;  // the last generation this vCPU has flushed for
  u32 idle = 0;  // IdleKind
};

}  // namespace kx::libos
