#include "files/pipe_ring.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <kx/abi/pipe_ring.hpp>

#include "files/pieces.hpp"
#include "files/ready_streams.hpp"
#include "host/host_call.hpp"
#include "process/process.hpp"
#include "process/spin.hpp"

namespace kx::libos {

namespace {

// What it takes the other side to come back from the host. That it is watched for in vain happens seldom: the
// hypervisor then leaves the pipe to the host for a while.
constexpr u64 spin_ns = 400'000;
constexpr u32 lock_spins = 2000;
constexpr u32 most_tries = 16;  // others may be faster each time

// A relative may write anything here at any time: what is read is bounded before it is used.
class Ring {
 public:
  // SAFETY: inside the family segment, which is mapped as long as the pVM lives.
  explicit Ring(u32 number)
      : header_(*reinterpret_cast<abi::RingHeader*>(
            abi::linear_gva(abi::family_segment_gpa + abi::ring_header_offset(number)))),
        data_(reinterpret_cast<u8*>(abi::linear_gva(abi::family_segment_gpa + abi::ring_data_offset(number)))) {}

  [[nodiscard]] bool is_in_guest() const {
    return std::atomic_ref(header_.mode).load(std::memory_order_acquire) == static_cast<u32>(abi::RingMode::Guest);
  }
  [[nodiscard]] bool was_used() const { return load(header_.operations) != 0; }
  // Pages with data.
  [[nodiscard]] u32 used() const { return load(header_.filled) - load(header_.emptied); }

  // False: somebody else has it for long.
  bool lock() {
    const std::atomic_ref lock(header_.lock);
    std::atomic_ref(vcpu_page().holds_ring).store(1, std::memory_order_relaxed);
    for (u32 i = 0; i < lock_spins; ++i) {
      u32 nobody = 0;
      if (lock.load(std::memory_order_relaxed) == 0 &&
          lock.compare_exchange_strong(nobody, own_mark(), std::memory_order_acquire)) {
        return true;
      }
      relax();
    }
    no_longer_holds();
    return false;
  }
  void unlock() {
    u32 mine = own_mark();  // but the hypervisor takes it from who sleeps too long
    std::atomic_ref(header_.lock).compare_exchange_strong(mine, 0, std::memory_order_release);
    no_longer_holds();
  }

  // With the lock held. The bytes.
  u64 read(Pieces& to, u64 size) {
    u64 done = 0;
    while (done < size && pages_used() != 0) {
      abi::RingPage page = page_at(header_.emptied);
      const u64 part = std::min<u64>(size - done, page.size);
      to.copy_in(place(header_.emptied) + page.offset, part);
      done += part;
      page.offset = static_cast<u16>(page.offset + part);
      page.size = static_cast<u16>(page.size - part);
      header_.pages[header_.emptied % abi::ring_pages] = page;
      if (page.size == 0) {
        store(header_.emptied, header_.emptied + 1);
      }
    }
    return count(done);
  }

  // With the lock held. What a page takes whole goes in whole (PIPE_BUF, pipe(7)); what is left over of full pages is
  // put behind the last one's data if it fits, as Linux does.
  u64 write(Pieces& from, u64 size) {
    u64 done = 0;
    if (const u64 rest = size % abi::page_size; rest != 0 && pages_used() != 0) {
      const u32 last = header_.filled - 1;
      abi::RingPage page = page_at(last);
      if (page.offset + page.size + rest <= abi::page_size) {
        from.copy_out(place(last) + page.offset + page.size, rest);
        page.size = static_cast<u16>(page.size + rest);
        header_.pages[last % abi::ring_pages] = page;
        done = rest;
      }
    }
    while (done < size && pages_used() < abi::ring_pages) {
      const u64 part = std::min(size - done, abi::page_size);
      from.copy_out(place(header_.filled), part);
      header_.pages[header_.filled % abi::ring_pages] = {0, static_cast<u16>(part)};
      store(header_.filled, header_.filled + 1);
      done += part;
    }
    return count(done);
  }

 private:
  static u32 load(u32& word) { return std::atomic_ref(word).load(std::memory_order_relaxed); }
  static void store(u32& word, u32 value) { std::atomic_ref(word).store(value, std::memory_order_release); }
  static u32 own_mark() { return Process::instance().pid; }

  [[nodiscard]] u32 pages_used() const { return std::min(used(), abi::ring_pages); }
  [[nodiscard]] u8* place(u32 number) const { return data_ + number % abi::ring_pages * abi::page_size; }
  [[nodiscard]] abi::RingPage page_at(u32 number) const {
    abi::RingPage page;
    std::memcpy(&page, &header_.pages[number % abi::ring_pages], sizeof page);
    asm volatile("" ::: "memory");  // SAFETY: no instruction; forbids the compiler to read it again
    page.offset = std::min<u16>(page.offset, abi::page_size);
    page.size = std::min<u16>(page.size, static_cast<u16>(abi::page_size - page.offset));
    return page;
  }
  u64 count(u64 done) {
    store(header_.operations, load(header_.operations) + 1);
    return done;
  }
  // Who was not to be stopped meanwhile leaves the guest to be.
  static void no_longer_holds() {
    abi::VcpuPage& page = vcpu_page();
    std::atomic_ref(page.holds_ring).store(0, std::memory_order_seq_cst);
    if (std::atomic_ref(page.stop_waits).exchange(0, std::memory_order_seq_cst) != 0) {
      host_call(abi::HostCall::RefillInbox, CallKind::Blocking);
    }
  }

  abi::RingHeader& header_;
  u8* data_;
};

}  // namespace

i64 transfer_by_ring(u32 number, Direction direction, const BufferCursor& cursor, u64 size) {
  Ring ring(number);
  size = std::min(size, abi::ring_data_size);
  const bool reads = direction == Direction::Read;
  if (!reads) {
    ReadyStreams::instance().send_now();  // what a relative reads here it may take for a sign that it was sent
  }
  u32 nothing = reads ? 0 : abi::ring_pages + 1;  // what to wait for the end of, in pages
  for (u32 tries = 0; tries < most_tries && size != 0 && ring.is_in_guest(); ++tries, nothing = ring.used()) {
    const auto may_go_on = [&] { return ring.used() != nothing || !ring.is_in_guest(); };
    if (!may_go_on() && (!ring.was_used() || !spin_for(spin_ns, may_go_on))) {
      break;
    }
    // SAFETY: the call buffer is this vCPU's own; no host call comes between.
    auto* segments = reinterpret_cast<abi::Segment*>(call_buffer());
    u32 count = 0;
    if (cursor.fill(direction, size, segments, abi::max_segments, count) != size || !is_ram(segments, count) ||
        !ring.lock()) {
      break;
    }
    Pieces pieces(segments, count);
    const u64 done = !ring.is_in_guest() ? 0 : reads ? ring.read(pieces, size) : ring.write(pieces, size);
    ring.unlock();
    if (done != 0) {
      if (reads) {
        host_call_marks().told();
      }
      return static_cast<i64>(done);
    }
  }
  return ring_not_ready;
}

}  // namespace kx::libos
