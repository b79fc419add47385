#include "hypervisor/process/pvm.hpp"

#include <cerrno>

#include "hypervisor/boot/loader.hpp"
#include "hypervisor/services/service_thread.hpp"
#include "hypervisor/vcpu/vcpu_thread.hpp"

namespace kx::hv {

namespace {

constexpr std::size_t max_vcpus = 1024;

}  // namespace

Pvm::Pvm(kvm::Vm vm, GuestMemory memory, Sandbox& sandbox, const GuestCpu& cpu)
    : vm_(std::move(vm)), memory_(std::move(memory)), sandbox_(sandbox), cpu_(cpu), services_{memory_, handles_,
                                                                                              clock_,  &sandbox,
                                                                                              nullptr, this} {}

Pvm::~Pvm() = default;

abi::Stats& Pvm::stats() {
  // SAFETY: a fixed page of the system slot; the guest may write it at any time, so only printed.
  return *reinterpret_cast<abi::Stats*>(memory_.system() + abi::stats_gpa);
}

abi::Inbox& Pvm::inbox() {
  return *reinterpret_cast<abi::Inbox*>(memory_.system() + abi::inbox_gpa);
}

Result<std::uint32_t> Pvm::start_vcpu(Gpa area, const EntryPoint& entry) {
  if (memory_.translate_ram(area, abi::vcpu_area_size) == nullptr || !is_aligned(area.value, abi::vcpu_area_size)) {
    return Unexpected{system_error_from(EINVAL, "vCPU area")};
  }
  const std::lock_guard lock(mutex_);
  if (exiting_) {
    return Unexpected{system_error_from(EAGAIN, "the pVM ends")};
  }
  // vCPUs cannot be destroyed one by one: one whose thread is gone is used again.
  std::uint32_t index = static_cast<std::uint32_t>(vcpus_.size());
  std::optional<kvm::Vcpu> vcpu;
  if (!idle_.empty()) {
    index = idle_.back().first;
    vcpu.emplace(std::move(idle_.back().second));
    idle_.pop_back();
  } else {
    if (vcpus_.size() == max_vcpus) {
      return Unexpected{system_error_from(EAGAIN, "too many threads")};
    }
    KX_TRY_ASSIGN(auto made, vm_.create_vcpu(index));
    vcpu.emplace(std::move(made));
    vcpus_.emplace_back();
  }
  write_vcpu_area(memory_, libos_, area, index);
  KX_TRY(set_initial_state(*vcpu, libos_, area, cpu_, entry));
  if (index == 0) {
    KX_TRY(write_cpuid_table(memory_, *vcpu));
  }
  auto thread = std::make_shared<VcpuThread>(*this, std::move(*vcpu), area, index);
  vcpus_[index] = thread;
  ++running_;
  if (service_ != nullptr) {
    service_->add_vcpu(services_, index, area);
  }
  thread->start();
  return index;
}

std::shared_ptr<VcpuThread> Pvm::vcpu(std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  return index < vcpus_.size() ? vcpus_[index] : nullptr;
}

void Pvm::notify() {
  // Any vCPU may take a signal; the library OS passes it on to a thread that has it unblocked.
  const std::lock_guard lock(mutex_);
  for (const auto& vcpu : vcpus_) {
    if (vcpu != nullptr) {
      vcpu->kick(abi::pending_inbox);
      return;
    }
  }
}

void Pvm::post_signal(int signal, const abi::InboxSignal& information) {
  if (signal < 1 || signal > 64) {
    return;
  }
  inbox().signals[signal - 1] = information;
  std::atomic_ref(inbox().bits).fetch_or(1ull << (signal - 1), std::memory_order_seq_cst);
  notify();
}

void Pvm::post_timer(std::uint32_t timer, std::uint64_t expirations) {
  std::atomic_ref(inbox().timer_expirations[timer])
      .fetch_add(static_cast<std::uint32_t>(expirations), std::memory_order_relaxed);
  std::atomic_ref(inbox().timer_bits).fetch_or(1ull << timer, std::memory_order_seq_cst);
  notify();
}

void Pvm::kick(std::uint32_t vcpu_index) {
  if (const auto target = vcpu(vcpu_index); target != nullptr) {
    target->kick(0);
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
  if (service_ != nullptr) {
    service_->remove_vcpu(services_, index);
  }
  const std::lock_guard lock(mutex_);
  --running_;
  changed_.notify_all();
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
