#include "hypervisor/process/pvm.hpp"

#include <algorithm>
#include <cerrno>

#include "hypervisor/boot/loader.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/robust_list.hpp"
#include "hypervisor/process/usage.hpp"
#include "hypervisor/services/service_thread.hpp"
#include "hypervisor/vcpu/vcpu_thread.hpp"

namespace kx::hv {

namespace {

constexpr std::size_t max_vcpus = 1024;

}  // namespace

Pvm::Pvm(Family& family, ProcessId pid, kvm::Vm vm, GuestMemory memory)
    : family_(family), pid_(pid), vm_(std::move(vm)), memory_(std::move(memory)), services_{memory_, handles_, clock_} {
  services_.sandbox = &family.sandbox();
  services_.pvm = this;
  services_.jobs = this;
  services_.ipc = &family.ipc();
  services_.watches = &family.processes().watches();
  services_.programs = &family.processes().programs();
  services_.libraries = family.libraries();
  services_.processors = family.processors();
  services_.components = family.components();
  services_.process_id = pid;
  services_.write_behind = &write_behind_;
  services_.epoll_targets = &epoll_targets_;
}

Pvm::~Pvm() {
  if (ledger_ != nullptr) {
    ledger_->detach();
  }
  if (service() == nullptr) {
    return;
  }
  if (timers_) {
    service()->remove_timers(*timers_);
  }
  write_behind_.stop(service());
  service()->settle();
}

ServiceThread* Pvm::service() {
  return family_.service();
}

Result<void> Pvm::prepare() {
  ledger_ = std::make_shared<SnapshotLedger>(&inbox().newest_reader);
  clock_.attach(memory_.system(), family_.cpu().tsc_khz);
  KX_TRY_ASSIGN(
      auto timers,
      TimerService::create([this](std::uint32_t timer, std::uint64_t expirations) { post_timer(timer, expirations); },
                           [this](std::optional<std::uint32_t> index) { return cpu_time(index); }));
  timers_.emplace(std::move(timers));
  services_.timers = &*timers_;
  services_.service = service();
  return service()->add_timers(*timers_);
}

abi::Stats& Pvm::stats() {
  // SAFETY: a fixed page of the system slot; the guest may write it at any time, so only printed.
  return *reinterpret_cast<abi::Stats*>(memory_.system() + abi::stats_gpa);
}

abi::Inbox& Pvm::inbox() {
  return *reinterpret_cast<abi::Inbox*>(memory_.system() + abi::inbox_gpa);
}

std::optional<Pvm::Remains> Pvm::take_apart() {
  if (service() == nullptr || vcpus_.size() != 1 || ahead_ != nullptr || !vcpus_[0]->finished()) {
    return std::nullopt;
  }
  if (timers_) {
    service()->remove_timers(*timers_);
    timers_.reset();
  }
  write_behind_.stop(service());
  service()->settle();
  ledger_->detach();
  return Remains{std::move(vm_), vcpus_[0]->take_vcpu(), std::move(memory_)};
}

Result<void> Pvm::make_vcpu_ahead(const EntryPoint& entry, std::optional<kvm::Vcpu> used) {
  if (used) {
    KX_TRY(used->clear_events());
  } else {
    KX_TRY_ASSIGN(auto made, vm_.create_vcpu(0));
    KX_TRY(set_identity(made, family_.cpu()));
    used.emplace(std::move(made));
  }
  KX_TRY(set_initial_state(*used, family_.libos(), Gpa{abi::vcpu0_gpa}, family_.cpu(), entry));
  ahead_ = std::make_shared<VcpuThread>(*this, std::move(*used), Gpa{abi::vcpu0_gpa}, 0);
  KX_TRY(ahead_->start_waiting());
  return {};
}

void Pvm::set_pid(ProcessId pid) {
  pid_ = pid;
  services_.process_id = pid;
}

Result<std::uint32_t> Pvm::start_vcpu(Gpa area, const EntryPoint& entry, const std::optional<abi::Identity>& identity) {
  if (memory_.translate_ram(area, abi::vcpu_area_size) == nullptr || !is_aligned(area.value, abi::vcpu_area_size)) {
    return Unexpected{system_error_from(EINVAL, "vCPU area")};
  }
  const std::lock_guard lock(mutex_);
  if (exiting_) {
    return Unexpected{system_error_from(EAGAIN, "the pVM ends")};
  }
  // vCPUs cannot be destroyed one by one: one whose thread is gone is used again.
  auto index = static_cast<std::uint32_t>(vcpus_.size());
  std::optional<kvm::Vcpu> vcpu;
  std::shared_ptr<VcpuThread> thread;
  const auto finished =
      std::find_if(vcpus_.begin(), vcpus_.end(), [](const auto& each) { return each != nullptr && each->finished(); });
  if (finished != vcpus_.end()) {
    index = static_cast<std::uint32_t>(finished - vcpus_.begin());
    vcpu.emplace((*finished)->take_vcpu());
    finished->reset();
  } else {
    if (vcpus_.size() == max_vcpus) {
      return Unexpected{system_error_from(EAGAIN, "too many threads")};
    }
    if (ahead_ != nullptr && area == ahead_->area()) {
      thread = std::move(ahead_);
    } else if (ahead_ != nullptr) {
      vcpu.emplace(ahead_->take_vcpu());
    } else {
      KX_TRY_ASSIGN(auto made, vm_.create_vcpu(index));
      KX_TRY(set_identity(made, family_.cpu()));
      vcpu.emplace(std::move(made));
    }
    vcpus_.emplace_back();
  }
  write_vcpu_area(memory_, family_.libos(), area, index);
  const bool waits = thread != nullptr;
  if (!waits) {
    KX_TRY(set_initial_state(*vcpu, family_.libos(), area, family_.cpu(), entry));
    thread = std::make_shared<VcpuThread>(*this, std::move(*vcpu), area, index);
  }
  ahead_.reset();
  // SAFETY: a fixed page of the system slot, whose first word is the count.
  if (index == 0 && reinterpret_cast<const abi::CpuidTable*>(memory_.system() + abi::cpuid_table_gpa)->count == 0) {
    KX_TRY(write_cpuid_table(memory_, thread->vcpu(), family_.cpu()));  // forked children have their parent's
  }
  vcpus_[index] = thread;
  if (!waits) {
    KX_TRY(thread->start());
  }
  ++running_;
  if (service() != nullptr) {
    service()->add_vcpu(services_, index, area);
  }
  // A signal may have come before there was a vCPU to tell.
  if (has_untaken_locked()) {
    thread->kick(abi::pending_inbox);
  }
  if (waits) {
    thread->start_at(entry, identity);
  }
  return index;
}

// What a new vCPU's thread does first: start_vcpu() has the lock until all know the vCPU.
void Pvm::wait_until_added() {
  const std::lock_guard lock(mutex_);
}

std::shared_ptr<VcpuThread> Pvm::vcpu(std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  return index < vcpus_.size() ? vcpus_[index] : nullptr;
}

void Pvm::notify() {
  const std::lock_guard lock(mutex_);
  notify_locked();
}

// Any vCPU may take a signal; the library OS passes it on to a thread that has it unblocked.
void Pvm::notify_locked() {
  for (const auto& vcpu : vcpus_) {
    if (vcpu != nullptr && !vcpu->finished()) {
      vcpu->notify(abi::pending_inbox);
      return;
    }
  }
}

// False: it is full. What the guest writes into its counters can only confuse itself: every index is bounded.
bool Pvm::put_into_inbox(const abi::InboxSignal& information) {
  abi::Inbox& box = inbox();
  const std::uint32_t written = std::atomic_ref(box.written).load(std::memory_order_relaxed);
  if (written - std::atomic_ref(box.taken).load(std::memory_order_acquire) >= abi::inbox_capacity) {
    return false;
  }
  box.signals[written % abi::inbox_capacity] = information;
  std::atomic_ref(box.written).store(written + 1, std::memory_order_seq_cst);
  return true;
}

// A family member that takes no signals can be sent any number: beyond this, as Linux at RLIMIT_SIGPENDING, they are
// refused or, as their sender has done what it meant to, dropped.
constexpr std::size_t most_waiting = 16384;

// Whether Linux would queue the signal. The room is the guest's own word, read once: a wrong one keeps signals from
// itself.
bool Pvm::has_room_for(const abi::InboxSignal& information) {
  constexpr std::int32_t first_realtime = 32;
  const bool can_be_refused = information.signo >= first_realtime && information.code < 0 && information.of_file == 0;
  if (!can_be_refused) {
    return true;
  }
  abi::Inbox& box = inbox();
  // In this order: what the guest takes out it has counted before.
  const std::uint32_t untaken = std::atomic_ref(box.written).load(std::memory_order_relaxed) -
                                std::atomic_ref(box.taken).load(std::memory_order_acquire);
  const std::uint32_t room = std::atomic_ref(box.room).load(std::memory_order_acquire);
  return waiting_signals_.size() < most_waiting && (room == 0 || untaken + waiting_signals_.size() < room - 1);
}

bool Pvm::post_signal(const abi::InboxSignal& information, SentTo sent_to) {
  const std::lock_guard lock(mutex_);
  if (!has_room_for(information)) {
    return false;
  }
  if (sent_to == SentTo::Group) {
    const auto waiting = static_cast<std::uint32_t>(waiting_signals_.size());
    if (group_signals_.size() == abi::inbox_capacity) {
      group_signals_.pop_front();
    }
    group_signals_.push_back({std::atomic_ref(inbox().written).load(std::memory_order_relaxed) + waiting, information});
  }
  if (!waiting_signals_.empty() || !put_into_inbox(information)) {
    if (waiting_signals_.size() < most_waiting) {
      waiting_signals_.push_back(information);
    }
    std::atomic_ref(inbox().overflowed).store(1, std::memory_order_seq_cst);
  }
  notify_locked();
  return true;
}

std::vector<abi::InboxSignal> Pvm::untaken_group_signals() {
  const std::lock_guard lock(mutex_);
  const std::uint32_t taken = std::atomic_ref(inbox().taken).load(std::memory_order_acquire);
  std::vector<abi::InboxSignal> untaken;
  for (const GroupSignal& signal : group_signals_) {
    if (static_cast<std::int32_t>(signal.number - taken) >= 0) {
      untaken.push_back(signal.information);
    }
  }
  return untaken;
}

bool Pvm::has_untaken_locked() {
  return std::atomic_ref(inbox().written).load() != std::atomic_ref(inbox().taken).load() || !waiting_signals_.empty();
}

void Pvm::refill_inbox() {
  const std::lock_guard lock(mutex_);
  while (!waiting_signals_.empty() && put_into_inbox(waiting_signals_.front())) {
    waiting_signals_.pop_front();
  }
  std::atomic_ref(inbox().overflowed).store(waiting_signals_.empty() ? 0 : 1, std::memory_order_seq_cst);
}

void Pvm::set_parent(ProcessId parent) {
  std::atomic_ref(inbox().parent_pid).store(static_cast<std::uint32_t>(parent), std::memory_order_seq_cst);
}

void Pvm::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (const auto& vcpu : vcpus_) {
    if (vcpu != nullptr) {
      vcpu->kick(0);
    }
  }
}

void Pvm::resume() {
  const std::lock_guard lock(mutex_);
  stopped_ = false;
  changed_.notify_all();
}

void Pvm::wait_while_stopped() {
  if (!stopped_.load(std::memory_order_acquire)) {
    return;
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !stopped_ || exiting_.load(); });
}

void Pvm::post_timer(std::uint32_t timer, std::uint64_t expirations) {
  std::atomic_ref(inbox().timer_expirations[timer])
      .fetch_add(static_cast<std::uint32_t>(expirations), std::memory_order_relaxed);
  std::atomic_ref(inbox().timer_bits).fetch_or(1ull << timer, std::memory_order_seq_cst);
  notify();
}

void Pvm::tell_of_question() {
  std::atomic_ref(inbox().questions).store(1, std::memory_order_seq_cst);
  notify();
}

void Pvm::kick(std::uint32_t vcpu_index) {
  const std::lock_guard lock(mutex_);
  if (vcpu_index < vcpus_.size() && vcpus_[vcpu_index] != nullptr && !vcpus_[vcpu_index]->finished()) {
    vcpus_[vcpu_index]->kick_for_relative();
  }
}

void Pvm::make_all_look() {
  const std::lock_guard lock(mutex_);
  for (const auto& vcpu : vcpus_) {
    if (vcpu != nullptr && !vcpu->finished()) {
      vcpu->kick(abi::pending_inbox);
    }
  }
}

void Pvm::fail_load(Error error) {
  {
    const std::lock_guard lock(mutex_);
    load_failure_ = std::move(error);
  }
  exit(ExitStatus{});
}

void Pvm::exit(ExitStatus status) {
  const std::lock_guard lock(mutex_);
  if (!exiting_) {
    status_ = status;
    exiting_ = true;
  }
  for (const auto& vcpu : vcpus_) {
    if (vcpu != nullptr) {
      vcpu->kick(abi::pending_exit);
    }
  }
  changed_.notify_all();
}

void Pvm::vcpu_gone(std::uint32_t index) {
  bool last = false;
  {
    const std::lock_guard lock(mutex_);
    last = running_ == 1;
  }
  // Who waits for the pVM's end shall not wait for the service thread too.
  if (service() != nullptr) {
    last ? service()->remove_vcpus(services_) : service()->remove_vcpu(services_, index);
  }
  rusage used{};
  ::getrusage(RUSAGE_THREAD, &used);
  {
    const std::lock_guard lock(mutex_);
    add_usage(ended_usage_, used);
    vcpus_[index]->set_finished();
    last = --running_ == 0;
    changed_.notify_all();
  }
  if (last) {
    family_.ended(*this);
  }
}

std::int32_t Pvm::group() {
  return static_cast<std::int32_t>(family_.processes().group_of(pid_, 0));
}

std::int32_t Pvm::session() {
  return static_cast<std::int32_t>(family_.processes().session_of(pid_, 0));
}

std::shared_ptr<Terminal> Pvm::terminal() {
  return family_.processes().terminal_of(pid_);
}

std::shared_ptr<Terminal> Pvm::terminal_of(dev_t device) {
  return family_.terminals().find(device);
}

bool Pvm::may_take_terminal() {
  return family_.processes().may_take_terminal(pid_);
}

std::int64_t Pvm::take_terminal(int fd, dev_t device) {
  return family_.terminals().take(pid_, fd, device);
}

void Pvm::leave_terminal() {
  family_.processes().leave_terminal(pid_);
}

std::int64_t Pvm::set_foreground_group(Terminal& terminal, std::int32_t group) {
  return family_.processes().set_foreground_group(pid_, terminal, group);
}

void Pvm::release_robust_futexes() {
  std::vector<Gpa> areas;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& vcpu : vcpus_) {
      if (vcpu != nullptr) {
        areas.push_back(vcpu->area());
      }
    }
  }
  // Without the lock: pages of a file may be slow to come.
  for (const Gpa area : areas) {
    hv::release_robust_futexes(memory_, area);
  }
}

void Pvm::close_all() {
  questions_.close();
  if (ipc::QueueNotifications& notifications = family_.ipc().notifications; notifications.any()) {
    notifications.process_ends(pid_, handles_.files());
  }
  write_behind_.finish(services_);
  handles_.clear();
  memory_.unmap_all();
}

rusage Pvm::usage() {
  const std::lock_guard lock(mutex_);
  rusage sum = ended_usage_;
  for (const auto& vcpu : vcpus_) {
    if (vcpu != nullptr) {
      add_usage(sum, vcpu->usage());
    }
  }
  return sum;
}

std::optional<std::uint64_t> Pvm::cpu_time(std::optional<std::uint32_t> index) {
  if (!index) {
    return cpu_time_ns(usage());
  }
  const std::shared_ptr<VcpuThread> thread = vcpu(*index);
  return thread != nullptr && !thread->finished() ? std::optional(cpu_time_ns(thread->usage())) : std::nullopt;
}

std::optional<JobControl::HostThread> Pvm::host_thread(std::uint32_t index) {
  const std::shared_ptr<VcpuThread> thread = vcpu(index);
  if (thread == nullptr || thread->finished()) {
    return std::nullopt;
  }
  return HostThread{thread->wait_for_thread_id(), thread->usage()};
}

const std::string& Pvm::program() const {
  return requested_ ? program_ : family_.program();
}

std::uint32_t Pvm::thread_count() {
  const std::lock_guard lock(mutex_);
  return static_cast<std::uint32_t>(running_);
}

bool Pvm::has_thread(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  return std::any_of(vcpus_.begin(), vcpus_.end(), [&](const auto& vcpu) {
    return vcpu != nullptr && !vcpu->finished() && vcpu->guest_thread_id() == id;
  });
}

std::uint32_t Pvm::oldest_thread() {
  const std::lock_guard lock(mutex_);
  std::uint32_t oldest = 0;
  for (const auto& vcpu : vcpus_) {
    const std::uint32_t id = vcpu != nullptr && !vcpu->finished() ? vcpu->guest_thread_id() : 0;
    oldest = oldest == 0 || (id != 0 && id < oldest) ? id : oldest;
  }
  return oldest;
}

std::string Pvm::name() {
  const std::lock_guard lock(mutex_);
  const auto first = std::find_if(vcpus_.begin(), vcpus_.end(), [&](const auto& vcpu) {
    return vcpu != nullptr && vcpu->guest_thread_id() == static_cast<std::uint32_t>(pid_);
  });
  if (first != vcpus_.end()) {
    return (*first)->guest_thread_name();
  }
  return vcpus_.empty() || vcpus_.front() == nullptr ? std::string() : vcpus_.front()->guest_thread_name();
}

bool Pvm::sleeps() {
  std::vector<std::shared_ptr<VcpuThread>> vcpus;
  {
    const std::lock_guard lock(mutex_);
    vcpus = vcpus_;
  }
  return std::all_of(vcpus.begin(), vcpus.end(), [&](const auto& vcpu) {
    return vcpu == nullptr || vcpu->finished() || vcpu->sleeps(family_.sandbox().proc_fd());
  });
}

ExitStatus Pvm::status() {
  const std::lock_guard lock(mutex_);
  return status_;
}

ExitStatus Pvm::wait_for_exit() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return exiting_.load(); });
  return status_;
}

void Pvm::wait_for_vcpus() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return running_ == 0; });
}

}  // namespace kx::hv
