#include "hypervisor/process/family.hpp"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "hypervisor/control/control_server.hpp"
#include "hypervisor/libraries/guard.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/services/service_thread.hpp"
#include "hypervisor/start_thread.hpp"

namespace kx::hv {

Family::Family(kvm::System system, Sandbox sandbox, std::shared_ptr<FamilyMemory> memory, std::uint64_t memory_limit)
    : system_(std::move(system)),
      sandbox_(std::move(sandbox)),
      memory_(std::move(memory)),
      memory_limit_(memory_limit),
      processes_(default_process_limit),
      terminals_(processes_),
      ipc_(memory_limit, memory_),
      ended_stats_(std::make_unique<abi::Stats>()) {
  ipc_.notifications.set_post([this](ProcessId pid, const abi::InboxSignal& information) {
    if (const std::shared_ptr<Pvm> pvm = processes_.find(pid); pvm != nullptr) {
      pvm->post_signal(information);
    }
  });
}

Family::~Family() {
  control_.reset();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (collector_.joinable()) {
    collector_.join();
  }
  processes_.clear();  // its pVMs use the service thread to the end
}

void Family::set_control(std::unique_ptr<ControlServer> control) {
  control_ = std::move(control);
}

void Family::set_libraries(std::unique_ptr<libraries::Guard> guard) {
  libraries_ = std::move(guard);
}

void Family::set_boot_info(const abi::BootInfo& info, std::string hostname) {
  boot_info_ = info;
  hostname_ = std::move(hostname);
}

void Family::set_service(std::unique_ptr<ServiceThread> service) {
  service_ = std::move(service);
}

Result<std::shared_ptr<Pvm>> Family::make_pvm(ProcessId pid) {
  KX_TRY_ASSIGN(kvm::Vm vm, system_.create_vm());
  KX_TRY_ASSIGN(GuestMemory memory, GuestMemory::create(memory_, memory_limit_));
  return std::make_shared<Pvm>(*this, pid, std::move(vm), std::move(memory));
}

namespace {

void add_stats(abi::Stats& total, Pvm& pvm) {
  // The guest may write its counters at any time: one copy is added up. All of them are 32-bit words up to the memory
  // figures.
  abi::Stats copy;
  std::memcpy(&copy, &pvm.stats(), sizeof copy);
  constexpr std::size_t words = offsetof(abi::Stats, memory_in_use) / sizeof(std::uint32_t);
  std::uint32_t more[words];
  std::uint32_t sum[words];
  std::memcpy(more, &copy, sizeof more);
  std::memcpy(sum, &total, sizeof sum);
  for (std::size_t i = 0; i < words; ++i) {
    sum[i] += more[i];
  }
  const std::uint32_t components = total.components | copy.components;
  std::memcpy(&total, sum, sizeof sum);
  total.components = components;
}

}  // namespace

void Family::sum_stats(abi::Stats& sum, std::uint32_t& running) {
  {
    const std::lock_guard lock(mutex_);
    std::memcpy(&sum, ended_stats_.get(), sizeof sum);
  }
  sum.memory_in_use = 0;
  std::vector<std::shared_ptr<Pvm>> pvms;
  processes_.for_each([&](const ProcessTable::Process& process) {
    if (process.pvm != nullptr) {
      pvms.push_back(process.pvm);
    }
  });
  running = static_cast<std::uint32_t>(pvms.size());
  for (const auto& pvm : pvms) {
    add_stats(sum, *pvm);
    sum.memory_in_use += pvm->stats().memory_in_use;
  }
}

void Family::ended(Pvm& pvm) {
  std::shared_ptr<Pvm> held = processes_.find(pvm.pid());
  pvm.release_robust_futexes();
  ipc_.rings->process_gone(pvm.pid());  // closing its pipes takes their locks
  pvm.close_all();
  {
    const std::lock_guard lock(mutex_);
    add_stats(*ended_stats_, pvm);
  }
  ipc_.process_gone(pvm.pid());
  if (control_ != nullptr && pvm.requested()) {
    const auto& failure = pvm.load_failure();
    control_->process_ended(pvm.pid(), pvm.status().wait_status, failure ? &*failure : nullptr);
  }
  processes_.ended(pvm.pid(), pvm.status().wait_status, pvm.usage());
  const std::lock_guard lock(mutex_);
  if (held != nullptr) {
    dead_.push_back(std::move(held));
  }
  // Children made ahead for it hold its memory.
  for (Unborn& each : unborn_) {
    if (each.forker == pvm.pid()) {
      dead_.push_back(std::move(each.pvm));
    }
  }
  std::erase_if(unborn_, [](const Unborn& each) { return each.pvm == nullptr; });
  if (last_forker_ == pvm.pid()) {
    last_forker_ = 0;
  }
  changed_.notify_all();
}

bool Family::start_collector() {
  const std::lock_guard lock(mutex_);
  if (collector_.joinable()) {
    return true;
  }
  auto thread = start_thread([this] { collect(); });
  if (!thread) {
    return false;
  }
  collector_ = std::move(thread).value();
  return true;
}

void Family::collect() {
  // There is always something to tend while many processes fork.
  constexpr std::size_t most_dead = 16;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (dead_.size() > most_dead) {
      bury(lock);
    } else if (tend_unborn(lock)) {
      continue;
    } else if (dead_.empty()) {
      changed_.wait(lock);
    } else {
      bury(lock);
    }
  }
}

void Family::forward_signal(const abi::InboxSignal& information) {
  const int signal = information.signo;
  const bool of_terminal = signal == SIGWINCH || (information.code == SI_KERNEL &&
                                                  (signal == SIGINT || signal == SIGQUIT || signal == SIGTSTP));
  if (of_terminal && terminals_.of_kx()->foreground != 0) {
    processes_.signal_foreground(*terminals_.of_kx(), signal, information.code);
  } else {
    processes_.signal_process(init_process + 1, signal, information.code);
  }
}

void Family::wait_for_end(ProcessId pid) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return processes_.find(pid) == nullptr; });
}

void Family::wait_for_streams(const std::vector<std::weak_ptr<const UniqueFd>>& streams) {
  // A pVM lets go of a stream by closing it, too, of which nobody is told: looked at now and then.
  constexpr std::chrono::milliseconds interval{10};
  std::unique_lock lock(mutex_);
  while (processes_.running() != 0 &&
         std::any_of(streams.begin(), streams.end(), [](const auto& stream) { return !stream.expired(); })) {
    changed_.wait_for(lock, interval);
  }
}

}  // namespace kx::hv
