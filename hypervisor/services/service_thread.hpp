// ServiceThread: one per family; forwards signals and timers, and serves call slots while it is awake.
//
// A call through a slot costs a cache line's way between two processors instead of an exit, but only while a thread
// polls. The thread therefore spins for a while after its last work and sleeps otherwise. On a processor that is free
// spinning costs nobody anything, so the while is long enough to bridge a program's own work between two calls; where
// the thread finds that others want its processor, or that it spun for nothing, it becomes short. Where vCPUs of its
// own family want all processors it does not spin at all.
//
// Slot protocol. The library OS stores Posted (sequentially consistent), then looks at service_awake again: if it is 0
// it takes the call back by a compare-and-swap from Posted to Idle, or rings port_doorbell. The service thread claims a
// call by a compare-and-swap from Posted to Taken, serves it and stores Done (release).
#pragma once

#include <signal.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <kx/abi/boot.hpp>
#include <kx/abi/vcpu.hpp>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/services/services.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

class TimerService;

// Blocks the signals that are forwarded into the pVM, and ignores SIGPIPE and SIGXFSZ (the library OS raises its own).
// Call before any thread is made; threads inherit it.
void prepare_signals();

struct ServiceOptions {
  bool slow_exits = false;                     // poll call slots; pointless where an exit is cheap
  std::chrono::microseconds spin_limit{2000};  // how long to poll after the last work on a processor nobody else wants
  bool starts_awake = false;                   // poll as soon as there is a vCPU: a program's start is full of calls
  std::uint64_t tsc_khz = 0;                   // for nudge_interval_tsc()
  std::uint32_t processors = 0;                // no polling while as many vCPUs run; 0: does not matter
};

class ServiceThread {
 public:
  // Called on the service thread for each signal sent to kx. Must not block.
  using SignalSink = std::function<void(const abi::InboxSignal& information)>;

  static Result<std::unique_ptr<ServiceThread>> start(const ServiceOptions& options, SignalSink on_signal);
  ServiceThread(const ServiceThread&) = delete;
  ServiceThread& operator=(const ServiceThread&) = delete;
  ~ServiceThread();  // stops

  // Ends the thread and waits for it. Calls posted afterwards are served by nobody; service_awake is 0.
  void stop();

  // Starts watching the slot of the vCPU whose area (RAM) lies at `area`. Does not wait.
  void add_vcpu(Services& services, std::uint32_t index, Gpa area);
  // Returns when the thread is done with the vCPU. Not on the service thread itself, nor with a lock held that the
  // signal sink takes.
  void remove_vcpu(const Services& services, std::uint32_t index);
  // The same for the vCPUs of a pVM that has ended, without waiting: what it consists of must stay until settle().
  void remove_vcpus(const Services& services);
  // Returns when the thread is done with all that was removed so far.
  void settle();

  // Starts dispatching the timers of a pVM; remove_timers returns when the thread has let go of them.
  Result<void> add_timers(TimerService& timers);
  void remove_timers(TimerService& timers);

  // Calls `ready` on the service thread when `fd` can be read, until it says that this was enough. Once for the
  // thread's life.
  Result<void> watch_once(int fd, std::function<bool()> ready);
  // Calls `ready`, which takes what there is, whenever `fd` can be read. One such descriptor, watched before any vCPU
  // is added. Errors: those of epoll_ctl(2).
  Result<void> watch(int fd, std::function<void()> ready);

  // Starts a polling phase: exits come so close to each other that polling would serve them faster. Cheap to repeat.
  void nudge();
  // Exits closer together than this call for a nudge; 0 when the thread does not poll.
  [[nodiscard]] std::uint64_t nudge_interval_tsc() const { return nudge_interval_tsc_; }

  // A vCPU's own thread is about to wait for something, or has waited: meanwhile it needs no processor.
  void vcpu_waits() { waiting_.fetch_add(1, std::memory_order_relaxed); }
  void vcpu_goes_on() { waiting_.fetch_sub(1, std::memory_order_relaxed); }

  [[nodiscard]] bool polls() const { return polls_; }
  // Adding to this eventfd wakes the thread: for an ioeventfd on abi::port_doorbell.
  [[nodiscard]] int doorbell_fd() const { return doorbell_.get(); }

 private:
  struct Watched {
    Services* services;
    std::uint32_t index;
    abi::VcpuPage* page;
    std::span<std::byte> buffer;
  };

  // How a polling phase went.
  struct SpinResult {
    bool served;     // at least one call
    bool preempted;  // something else ran on this processor meanwhile
    bool crowded;    // ended because every processor got a vCPU to run
  };

  ServiceThread(const ServiceOptions& options, SignalSink on_signal, bool polls);
  Result<void> open_descriptors();
  void run();
  // With the lock held: takes vCPUs out of what is watched. False: there were none.
  template <class Predicate>
  bool stop_watching(Predicate&& predicate);
  void wait_until_taken(std::unique_lock<std::mutex>& lock);
  void take_changes();
  bool serve_posted();
  void set_awake(bool awake);
  void on_watched();
  bool wait_for_events(int timeout_ms);  // true if the doorbell rang
  void spin();
  void adapt(SpinResult result);
  void forward_signals();
  void ring();
  [[nodiscard]] bool crowded() const;

  const ServiceOptions options_;
  const SignalSink on_signal_;
  const bool polls_;
  const std::uint64_t nudge_interval_tsc_;
  UniqueFd epoll_, doorbell_, signals_;
  std::function<void()> always_ready_;
  int watched_fd_ = -1;
  std::function<bool()> watched_ready_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> awake_ = false;
  std::atomic<std::uint64_t> version_ = 0;  // of watched_ and timers_
  std::atomic<std::uint32_t> nudges_to_skip_ = 0;
  std::atomic<std::uint32_t> watched_count_ = 0;
  std::atomic<std::uint32_t> waiting_ = 0;  // vCPUs between vcpu_waits() and vcpu_goes_on()

  std::mutex mutex_;  // watched_, timers_, taken_version_
  std::condition_variable taken_;
  std::uint64_t taken_version_ = 0;
  std::vector<Watched> watched_;
  std::vector<TimerService*> timers_;

  std::vector<Watched> active_;  // the thread's own copies
  std::vector<TimerService*> active_timers_;
  std::chrono::microseconds limit_;  // spin_limit, or less while it does not pay
  std::uint32_t fruitless_phases_ = 0;
  std::thread thread_;
};

}  // namespace kx::hv
