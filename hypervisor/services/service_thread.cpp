#include "hypervisor/services/service_thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <kx/abi/memory_map.hpp>

#include "hypervisor/services/host_calls.hpp"
#include "hypervisor/services/timers.hpp"
#include "hypervisor/start_thread.hpp"

namespace kx::hv {

namespace {

using SpinClock = std::chrono::steady_clock;

// Exits that follow each other within this time cost more than polling would.
constexpr std::uint64_t nudge_interval_us = 2000;
constexpr std::chrono::microseconds event_check_interval{100};
// The spin limit where the processor is wanted by others: about what one exit costs, so that spinning in vain never
// costs more than twice the best choice.
constexpr std::chrono::microseconds shortest_spin{100};
// An iteration of the polling loop without work takes well below a microsecond; one that took this long was interrupted
// by more than an interrupt.
constexpr std::chrono::microseconds preemption_gap{200};
constexpr std::uint32_t most_nudges_to_skip = 64;

// Marks in epoll_event.data; anything else is the address of a TimerService.
constexpr std::uint64_t doorbell_mark = 0;
constexpr std::uint64_t signals_mark = 1;
constexpr std::uint64_t watched_mark = 2;
constexpr std::uint64_t always_mark = 3;

// What a user may send to kx. The kick signal, faults, and SIGCHLD are not among them.
sigset_t forwarded_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH, SIGUSR1, SIGUSR2, SIGALRM,
                           SIGVTALRM, SIGPROF, SIGIO, SIGURG, SIGPWR}) {
    ::sigaddset(&set, signal);
  }
  return set;
}

int usable_processors() {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

std::atomic_ref<std::uint32_t> state_of(abi::VcpuPage& page) {
  return std::atomic_ref(page.call.state);
}

constexpr auto posted = static_cast<std::uint32_t>(abi::CallState::Posted);
constexpr auto taken = static_cast<std::uint32_t>(abi::CallState::Taken);
constexpr auto done = static_cast<std::uint32_t>(abi::CallState::Done);

}  // namespace

void prepare_signals() {
  const sigset_t set = forwarded_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

ServiceThread::ServiceThread(const ServiceOptions& options, SignalSink on_signal, bool polls)
    : options_(options),
      on_signal_(std::move(on_signal)),
      polls_(polls),
      nudge_interval_tsc_(polls ? options.tsc_khz * nudge_interval_us / 1000 : 0),
      limit_(options.spin_limit) {}

Result<void> ServiceThread::open_descriptors() {
  const sigset_t set = forwarded_signals();
  epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  doorbell_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  signals_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!epoll_ || !doorbell_ || !signals_) {
    return Unexpected{system_error("create the service thread's descriptors")};
  }
  epoll_event doorbell{.events = EPOLLIN, .data = {.u64 = doorbell_mark}};
  epoll_event signals{.events = EPOLLIN, .data = {.u64 = signals_mark}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, doorbell_.get(), &doorbell) != 0 ||
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, signals_.get(), &signals) != 0) {
    return Unexpected{system_error("watch the service thread's descriptors")};
  }
  return {};
}

Result<std::unique_ptr<ServiceThread>> ServiceThread::start(const ServiceOptions& options, SignalSink on_signal) {
  // With a single processor a polling thread only takes time from the vCPU that waits for it.
  const bool polls = options.slow_exits && usable_processors() > 1;
  std::unique_ptr<ServiceThread> service(new ServiceThread(options, std::move(on_signal), polls));
  KX_TRY(service->open_descriptors());
  KX_TRY_ASSIGN(service->thread_, start_thread([&self = *service] { self.run(); }));
  ::pthread_setname_np(service->thread_.native_handle(), "kx-service");
  if (::sched_getscheduler(0) == SCHED_OTHER) {
    // Waking up must not take the processor from the vCPU that woke it, nor from anyone else. Only a preference.
    const sched_param batch{};
    ::pthread_setschedparam(service->thread_.native_handle(), SCHED_BATCH, &batch);
  }
  return service;
}

ServiceThread::~ServiceThread() {
  stop();
}

void ServiceThread::stop() {
  if (thread_.joinable()) {
    stopping_.store(true, std::memory_order_release);
    ring();
    thread_.join();
  }
}

void ServiceThread::ring() {
  const std::uint64_t one = 1;
  // An eventfd refuses only when it is full, and then it has rung already.
  [[maybe_unused]] const ssize_t written = ::write(doorbell_.get(), &one, sizeof(one));
}

// Every processor has a vCPU to run: polling would take the time of one of them.
bool ServiceThread::crowded() const {
  return options_.processors != 0 && watched_count_.load(std::memory_order_relaxed) >=
                                         waiting_.load(std::memory_order_relaxed) + options_.processors;
}

void ServiceThread::nudge() {
  if (!polls_ || awake_.load(std::memory_order_relaxed) || crowded()) {
    return;
  }
  // Only a hint that two vCPUs may both change: a lost decrement does not matter.
  if (const std::uint32_t skip = nudges_to_skip_.load(std::memory_order_relaxed); skip != 0) {
    nudges_to_skip_.store(skip - 1, std::memory_order_relaxed);
    return;
  }
  ring();
}

void ServiceThread::add_vcpu(Services& services, std::uint32_t index, Gpa area) {
  std::byte* memory = services.memory.translate_ram(area, abi::vcpu_area_size);
  if (memory == nullptr || !polls_) {
    return;
  }
  // SAFETY: a vCPU area inside guest RAM; the page is only accessed through atomic references.
  auto* page = reinterpret_cast<abi::VcpuPage*>(memory + abi::vcpu_page_offset);
  const std::lock_guard lock(mutex_);
  watched_.push_back({&services, index, page, {memory + abi::vcpu_call_buffer_offset, abi::vcpu_call_buffer_size}});
  watched_count_.store(static_cast<std::uint32_t>(watched_.size()), std::memory_order_relaxed);
  version_.fetch_add(1, std::memory_order_release);
  if (options_.starts_awake && watched_.size() == 1) {
    ring();
  }
}

template <class Predicate>
bool ServiceThread::stop_watching(Predicate&& predicate) {
  const auto removed = std::erase_if(watched_, predicate);
  watched_count_.store(static_cast<std::uint32_t>(watched_.size()), std::memory_order_relaxed);
  if (removed != 0) {
    version_.fetch_add(1, std::memory_order_release);
  }
  return removed != 0;
}

void ServiceThread::remove_vcpu(const Services& services, std::uint32_t index) {
  std::unique_lock lock(mutex_);
  if (stop_watching([&](const Watched& w) { return w.services == &services && w.index == index; })) {
    wait_until_taken(lock);
  }
}

void ServiceThread::remove_vcpus(const Services& services) {
  const std::lock_guard lock(mutex_);
  if (stop_watching([&](const Watched& w) { return w.services == &services; })) {
    ring();
  }
}

void ServiceThread::settle() {
  std::unique_lock lock(mutex_);
  wait_until_taken(lock);
}

Result<void> ServiceThread::add_timers(TimerService& timers) {
  const std::lock_guard lock(mutex_);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = reinterpret_cast<std::uint64_t>(&timers)}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timers.fd(), &event) != 0) {
    return Unexpected{system_error("watch the pVM's timers")};
  }
  timers_.push_back(&timers);
  version_.fetch_add(1, std::memory_order_release);
  return {};
}

void ServiceThread::remove_timers(TimerService& timers) {
  std::unique_lock lock(mutex_);
  if (std::erase(timers_, &timers) != 0) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, timers.fd(), nullptr);
    version_.fetch_add(1, std::memory_order_release);
    wait_until_taken(lock);
  }
}

Result<void> ServiceThread::watch_once(int fd, std::function<bool()> ready) {
  watched_fd_ = fd;
  watched_ready_ = std::move(ready);
  epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = watched_mark}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return Unexpected{system_error("watch a descriptor")};
  }
  return {};
}

Result<void> ServiceThread::watch(int fd, std::function<void()> ready) {
  always_ready_ = std::move(ready);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = always_mark}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return Unexpected{system_error("watch a descriptor")};
  }
  return {};
}

void ServiceThread::wait_until_taken(std::unique_lock<std::mutex>& lock) {
  const std::uint64_t version = version_.load(std::memory_order_relaxed);
  if (taken_version_ < version) {
    ring();
    taken_.wait(lock, [&] { return taken_version_ >= version; });
  }
}

void ServiceThread::take_changes() {
  if (version_.load(std::memory_order_acquire) == taken_version_) {
    return;
  }
  const std::lock_guard lock(mutex_);
  if (awake_.load(std::memory_order_relaxed)) {
    for (const Watched& old : active_) {
      std::atomic_ref(old.page->service_awake).store(0, std::memory_order_seq_cst);
    }
  }
  active_ = watched_;
  active_timers_ = timers_;
  taken_version_ = version_.load(std::memory_order_relaxed);
  if (awake_.load(std::memory_order_relaxed)) {
    set_awake(true);
  }
  taken_.notify_all();
}

void ServiceThread::set_awake(bool awake) {
  awake_.store(awake, std::memory_order_relaxed);
  for (const Watched& vcpu : active_) {
    std::atomic_ref(vcpu.page->service_awake).store(awake ? 1 : 0, std::memory_order_seq_cst);
  }
}

bool ServiceThread::serve_posted() {
  bool served = false;
  for (const Watched& vcpu : active_) {
    // A vCPU that waited in vain, while this thread did not run, goes by exits until it is told again.
    const std::atomic_ref awake(vcpu.page->service_awake);
    if (awake_.load(std::memory_order_relaxed) && awake.load(std::memory_order_relaxed) == 0) {
      awake.store(1, std::memory_order_seq_cst);
    }
    auto state = state_of(*vcpu.page);
    std::uint32_t expected = posted;
    if (state.load(std::memory_order_seq_cst) != posted ||
        !state.compare_exchange_strong(expected, taken, std::memory_order_seq_cst)) {
      continue;
    }
    CallContext context{*vcpu.services, vcpu.index, vcpu.buffer, nullptr};
    serve(context, vcpu.page->call);
    state.store(done, std::memory_order_release);
    served = true;
  }
  return served;
}

void ServiceThread::forward_signals() {
  signalfd_siginfo information;
  while (::read(signals_.get(), &information, sizeof(information)) == sizeof(information)) {
    // The pVM knows no process outside its family: the sender is 0, as for a process of another PID namespace.
    abi::InboxSignal signal{};
    signal.signo = static_cast<std::int32_t>(information.ssi_signo);
    signal.code = information.ssi_code > 0 ? information.ssi_code : SI_USER;
    on_signal_(signal);
  }
}

void ServiceThread::on_watched() {
  if (watched_ready_()) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watched_fd_, nullptr);
    return;
  }
  constexpr std::chrono::milliseconds patience{10};
  std::this_thread::sleep_for(patience);
  epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = watched_mark}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, watched_fd_, &event);
}

bool ServiceThread::wait_for_events(int timeout_ms) {
  epoll_event events[16];
  const int count = ::epoll_wait(epoll_.get(), events, std::size(events), timeout_ms);
  bool rung = false;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t mark = events[i].data.u64;
    if (mark == doorbell_mark) {
      std::uint64_t rings;
      rung = ::read(doorbell_.get(), &rings, sizeof(rings)) == sizeof(rings) || rung;
    } else if (mark == signals_mark) {
      forward_signals();
    } else if (mark == watched_mark) {
      on_watched();
    } else if (mark == always_mark) {
      always_ready_();
    } else {
      // Timers removed meanwhile are not touched: they may be gone once take_changes() ran.
      const auto found = std::find_if(active_timers_.begin(), active_timers_.end(), [&](const TimerService* timers) {
        return reinterpret_cast<std::uint64_t>(timers) == mark;
      });
      if (found != active_timers_.end()) {
        (*found)->dispatch();
      }
    }
  }
  return rung;
}

// Polls until there was nothing to do for the spin limit, then goes to sleep without losing a call.
void ServiceThread::spin() {
  set_awake(true);
  SpinResult result{};
  auto last_work = SpinClock::now();
  auto last_check = last_work;
  auto previous = last_work;
  while (!stopping_.load(std::memory_order_acquire) && !crowded()) {
    take_changes();
    const bool worked = serve_posted();
    const auto now = SpinClock::now();
    if (worked) {
      result.served = true;
      last_work = now;
    } else {
      __builtin_ia32_pause();
      if (now - previous >= preemption_gap) {
        result.preempted = true;
        limit_ = std::min(limit_, shortest_spin);
      }
    }
    previous = now;
    if (now - last_check >= event_check_interval) {
      last_check = now;
      wait_for_events(0);
      previous = SpinClock::now();
    }
    if (now - last_work >= limit_) {
      break;
    }
  }
  set_awake(false);
  // A call posted before its vCPU could see the 0 is either seen here, or the vCPU sees the 0: both sides store before
  // they load, sequentially consistent.
  result.served = serve_posted() || result.served;
  result.crowded = crowded();
  adapt(result);
}

void ServiceThread::adapt(SpinResult result) {
  if (!result.preempted) {
    limit_ = std::min(limit_ * 2, options_.spin_limit);
  }
  // Exits that only this vCPU's own thread can serve, such as blocking calls, wake the thread in vain: ever more of
  // them in a row are let pass. Threads that hand over to each other crowd it out again and again.
  fruitless_phases_ = result.served ? 0 : std::min(fruitless_phases_ + 1, 16u);
  const std::uint32_t skip = fruitless_phases_ < 2 ? 0 : std::min(1u << (fruitless_phases_ - 2), most_nudges_to_skip);
  nudges_to_skip_.store(result.crowded ? most_nudges_to_skip : skip, std::memory_order_relaxed);
}

void ServiceThread::run() {
  while (!stopping_.load(std::memory_order_acquire)) {
    take_changes();
    const bool rung = wait_for_events(-1);
    take_changes();
    if (rung && polls_ && !active_.empty() && !stopping_.load(std::memory_order_acquire)) {
      spin();
    }
  }
  // Nobody may wait for a thread that is gone.
  const std::lock_guard lock(mutex_);
  taken_version_ = UINT64_MAX;
  taken_.notify_all();
}

}  // namespace kx::hv
