#include "process/futex.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <kx/abi/result.hpp>

#include "host/host_call.hpp"
#include "mm/tlb.hpp"
#include "process/spin.hpp"
#include "process/thread.hpp"

namespace kx::libos {

namespace {

constexpr u64 no_deadline = ~0ull;
constexpr u32 everyone = 0x7fff'ffff;

// About what the two exits cost that a sleep and the wake from it take.
constexpr u64 longest_spin_ns = 100'000;
constexpr u64 shortest_spin_ns = 5'000;

struct Bucket;

// On the stack of the thread that waits, and on its bucket's list until it is woken or gives up. All but `woken` is
// guarded by the lock of the bucket it is on, which changes when it is moved to another word.
struct Waiter {
  u64 address;
  u32 bitset;
  u32 sleep_bit;          // tells the sleepers of one bucket apart
  Bucket* bucket;         // read without a lock too, to find it
  Bucket* bed = nullptr;  // whose word it sleeps on in the hypervisor, or is about to; null: it is awake
  u32 woken = 0;          // the last thing a waker touches
  Waiter* next = nullptr;
};

struct Bucket {
  Mutex mutex;
  u32 interested = 0;  // waiters, and those who are about to look at their word
  u32 wakes = 0;       // what sleepers wait on in the hypervisor: changes with each wake of one
  Waiter* first = nullptr;

  void append(Waiter& waiter) {
    Waiter** end = &first;
    while (*end != nullptr) {
      end = &(*end)->next;
    }
    *end = &waiter;
  }
  void remove(const Waiter& waiter) {
    for (Waiter** at = &first; *at != nullptr; at = &(*at)->next) {
      if (*at == &waiter) {
        *at = waiter.next;
        return;
      }
    }
  }
};

constexpr u64 bucket_count = 256;
Bucket buckets[bucket_count];

Bucket& bucket_of(u64 address) {
  return buckets[(address >> 2) * 0x9e37'79b9'7f4a'7c15 >> 56];
}
static_assert(bucket_count == 256);

bool is_woken(Waiter& waiter) {
  return std::atomic_ref(waiter.woken).load(std::memory_order_acquire) != 0;
}

// Looks at the waiter for a while. Threads whose looking was in vain look less long the next time.
bool spin(Waiter& waiter) {
  u64& limit_ns = Thread::current().futex_spin_ns;
  limit_ns = std::clamp(limit_ns, shortest_spin_ns, longest_spin_ns);
  const bool woken = spin_for(limit_ns, [&] { return is_woken(waiter); });
  limit_ns = woken ? limit_ns * 2 : limit_ns / 2;
  return woken;
}

// Runs `action` on the bucket that the waiter is on, with its lock held.
template <class Action>
auto in_bucket(Waiter& waiter, Action&& action) {
  const std::atomic_ref current(waiter.bucket);
  for (;;) {
    Bucket& bucket = *current.load(std::memory_order_acquire);
    const Lock lock(bucket.mutex);
    if (current.load(std::memory_order_relaxed) == &bucket) {
      return action(bucket);
    }
  }
}

// Sleeps in the hypervisor until woken. Otherwise the waiter is off the list, and the result says why.
i64 sleep(Waiter& waiter, u64 deadline_ns) {
  for (;;) {
    u32 seen = 0;
    Bucket* const bed = in_bucket(waiter, [&](Bucket& bucket) {
      seen = std::atomic_ref(bucket.wakes).load(std::memory_order_seq_cst);
      waiter.bed = is_woken(waiter) ? nullptr : &bucket;
      return waiter.bed;
    });
    if (bed == nullptr) {
      return 0;
    }
    const u64 gpa = reinterpret_cast<u64>(&bed->wakes) - abi::linear_base;
    const i64 result = host_call(abi::HostCall::FutexWait, CallKind::Blocking, gpa, seen, waiter.sleep_bit, deadline_ns,
                                 abi::futex_wait_absolute);
    if (is_woken(waiter)) {
      return 0;
    }
    if (result == -EINTR || result == -ETIMEDOUT) {
      return in_bucket(waiter, [&](Bucket& bucket) -> i64 {
        if (is_woken(waiter)) {
          return 0;
        }
        bucket.remove(waiter);
        return result;
      });
    }
  }
}

// Those of the woken that sleep, by the words they sleep on: nearly always one.
class Sleepers {
 public:
  // With the lock held of the bucket that the waiter is on.
  void add(const Waiter& waiter) {
    if (waiter.bed == nullptr) {
      return;
    }
    u32 place = 0;
    while (place < count_ && beds_[place] != waiter.bed) {
      ++place;
    }
    if (place == most_beds) {
      wake();
      place = 0;
    }
    if (place == count_) {
      beds_[count_] = waiter.bed;
      bits_[count_++] = 0;
    }
    bits_[place] |= waiter.sleep_bit;
  }
  // Those who share a bit with them wake up in vain, and sleep again.
  void wake() {
    for (u32 i = 0; i < count_; ++i) {
      std::atomic_ref(beds_[i]->wakes).fetch_add(1, std::memory_order_seq_cst);
      const u64 gpa = reinterpret_cast<u64>(&beds_[i]->wakes) - abi::linear_base;
      host_call(abi::HostCall::FutexWake, CallKind::Quick, gpa, everyone, bits_[i]);
    }
    count_ = 0;
  }

 private:
  static constexpr u32 most_beds = 4;
  Bucket* beds_[most_beds];
  u32 bits_[most_beds];
  u32 count_ = 0;
};

// Both locks, in the order of their addresses; of one bucket, its lock.
class BucketPair {
 public:
  BucketPair(Bucket& one, Bucket& other) : lower_(&one < &other ? one : other), upper_(&one < &other ? other : one) {
    lower_.mutex.lock();
    if (&lower_ != &upper_) {
      upper_.mutex.lock();
    }
  }
  ~BucketPair() {
    if (&lower_ != &upper_) {
      upper_.mutex.unlock();
    }
    lower_.mutex.unlock();
  }
  BucketPair(const BucketPair&) = delete;
  BucketPair& operator=(const BucketPair&) = delete;

 private:
  Bucket& lower_;
  Bucket& upper_;
};

// Takes the waiter at `at` off its list and wakes it, but for its sleep in the hypervisor.
void wake_at(Waiter** at, Sleepers& sleepers) {
  Waiter& waiter = **at;
  *at = waiter.next;
  sleepers.add(waiter);
  std::atomic_ref(waiter.woken).store(1, std::memory_order_release);
}

}  // namespace

i64 wait_private_futex(u64 address, u32 expected, u32 bitset, u64 deadline_ns) {
  Bucket& bucket = bucket_of(address);
  std::atomic_ref interested(bucket.interested);
  const auto* word = reinterpret_cast<const u32*>(address);
  Waiter waiter{
      .address = address, .bitset = bitset, .sleep_bit = 1u << (Thread::current().tid & 31), .bucket = &bucket};
  // Announced before the word is read: a waker changes the word and then looks here, so one of both sees the other.
  interested.fetch_add(1, std::memory_order_seq_cst);
  i64 value = kx_user_load32(word);  // brings the page in; under the lock it will rarely fault
  if (value == static_cast<i64>(expected)) {
    const Lock lock(bucket.mutex);
    value = kx_user_load32(word);
    if (value == static_cast<i64>(expected)) {
      bucket.append(waiter);
    }
  }
  i64 result = value < 0 ? -EFAULT : -EAGAIN;
  if (value == static_cast<i64>(expected)) {
    const IdleSection idle;  // only the library OS's own memory is touched, whose mapping does not change
    result = spin(waiter) ? 0 : sleep(waiter, deadline_ns);
  }
  std::atomic_ref(waiter.bucket->interested).fetch_sub(1, std::memory_order_relaxed);
  // Who was moved does not go back to the first word, as a call that begins again would.
  return result == -EINTR && waiter.address != address ? 0 : result;
}

void forget_futex_waiters() {
  for (Bucket& bucket : buckets) {
    bucket = Bucket{};
  }
  spinners() = 0;
}

i64 wake_private_futex(u64 address, u32 count, u32 bitset) {
  Bucket& bucket = bucket_of(address);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (std::atomic_ref(bucket.interested).load(std::memory_order_seq_cst) == 0) {
    return 0;
  }
  const u32 most = static_cast<u32>(std::max(static_cast<i32>(count), 1));  // Linux wakes one for 0 as well
  u32 woken = 0;
  Sleepers sleepers;
  {
    const Lock lock(bucket.mutex);
    for (Waiter** at = &bucket.first; *at != nullptr && woken < most;) {
      if ((*at)->address != address || ((*at)->bitset & bitset) == 0) {
        at = &(*at)->next;
        continue;
      }
      wake_at(at, sleepers);
      ++woken;
    }
  }
  sleepers.wake();
  return woken;
}

i64 requeue_private_futex(u64 address, u64 target, u32 wake, u32 move, const u32* expected) {
  Bucket& from = bucket_of(address);
  Bucket& to = bucket_of(target);
  u32 woken = 0, moved = 0;
  Sleepers sleepers;
  {
    const BucketPair locks(from, to);
    if (expected != nullptr) {
      const i64 value = kx_user_load32(reinterpret_cast<const u32*>(address));
      if (value != static_cast<i64>(*expected)) {
        return value < 0 ? -EFAULT : -EAGAIN;
      }
    }
    Waiter* moving = nullptr;
    Waiter** end = &moving;
    for (Waiter** at = &from.first; *at != nullptr && (woken < wake || moved < move);) {
      Waiter& waiter = **at;
      if (waiter.address != address) {
        at = &waiter.next;
      } else if (woken < wake) {
        wake_at(at, sleepers);
        ++woken;
      } else {
        *at = waiter.next;
        waiter.next = nullptr;
        *end = &waiter;
        end = &waiter.next;
        ++moved;
      }
    }
    std::atomic_ref(to.interested).fetch_add(moved, std::memory_order_seq_cst);
    std::atomic_ref(from.interested).fetch_sub(moved, std::memory_order_relaxed);
    while (moving != nullptr) {
      Waiter& waiter = *moving;
      moving = waiter.next;
      waiter.next = nullptr;
      waiter.address = target;
      std::atomic_ref(waiter.bucket).store(&to, std::memory_order_release);
      to.append(waiter);
    }
  }
  sleepers.wake();
  return woken + moved;
}

}  // namespace kx::libos
