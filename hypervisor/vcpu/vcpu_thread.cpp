#include "hypervisor/vcpu/vcpu_thread.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <kx/abi/boot.hpp>
#include <string>

#include "hypervisor/monotonic.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/identity.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/services/call_support.hpp"
#include "hypervisor/services/host_calls.hpp"
#include "hypervisor/services/service_thread.hpp"
#include "hypervisor/start_thread.hpp"
#include "hypervisor/vcpu/interruptible.hpp"

namespace kx::hv {

namespace {

// What a kick is to be followed by. Leaving the guest and coming back costs about as much again, and several times what
// on_kick() does: half of the time at least is left to the program.
constexpr std::uint64_t shortest_rest_ns = 50'000;
constexpr std::uint64_t rest_factor = 4;

}  // namespace

VcpuThread::VcpuThread(Pvm& pvm, kvm::Vcpu vcpu, Gpa area, std::uint32_t index)
    : pvm_(pvm), vcpu_(std::move(vcpu)), area_(area), index_(index) {}

VcpuThread::~VcpuThread() {
  join();
}

void VcpuThread::join() {
  auto waiting = Order::Wait;
  if (order_.compare_exchange_strong(waiting, Order::End)) {
    order_.notify_one();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

abi::VcpuPage& VcpuThread::page() {
  std::byte* hva = pvm_.memory().translate_ram(area_, sizeof(abi::VcpuPage));
  KX_VERIFY(hva != nullptr);                      // the area was checked when the vCPU was made
  return *reinterpret_cast<abi::VcpuPage*>(hva);  // SAFETY: page-aligned guest memory of the right size
}

Result<void> VcpuThread::start() {
  running_ = true;
  order_ = Order::Run;
  auto thread = start_thread([this] { run(); });
  if (!thread) {
    set_finished();
    return Unexpected{std::move(thread).error()};
  }
  thread_ = std::move(thread).value();
  return {};
}

Result<void> VcpuThread::start_waiting() {
  KX_TRY_ASSIGN(thread_, start_thread([this] {
                  // For a vCPU that another thread ran, KVM first waits until nobody can think of that one: not while a
                  // program waits.
                  const std::atomic_ref immediate_exit(vcpu_.state().immediate_exit);
                  immediate_exit.store(1);
                  static_cast<void>(vcpu_.run());
                  immediate_exit.store(0);
                  order_.wait(Order::Wait);
                  if (order_ == Order::End) {
                    return;
                  }
                  if (auto set = set_entry(vcpu_, entry_); !set) {
                    crash(set.error().message().c_str());
                  }
                  if (identity_ && take_identity(*identity_) != 0) {
                    crash("the host refuses its parent's user, groups or capabilities");
                  }
                  run();
                }));
  return {};
}

void VcpuThread::start_at(const EntryPoint& entry, const std::optional<abi::Identity>& identity) {
  running_ = true;
  entry_ = entry;
  identity_ = identity;
  order_ = Order::Run;
  order_.notify_one();
}

void VcpuThread::run() {
  handle_ = ::pthread_self();
  thread_id_ = ::gettid();
  thread_id_.notify_all();
  pvm_.wait_until_added();
  loop();
  pvm_.vcpu_gone(index_);
}

void VcpuThread::kick(std::uint32_t pending_bits) {
  std::atomic_ref(page().pending).fetch_or(pending_bits, std::memory_order_seq_cst);
  std::atomic_ref(kicked_).store(1, std::memory_order_seq_cst);
  std::atomic_ref(vcpu_.state().immediate_exit).store(1, std::memory_order_seq_cst);
  const pthread_t handle = handle_;
  if (running_ && handle != pthread_t{}) {
    ::pthread_kill(handle, kick_signal());
  }
}

void VcpuThread::notify(std::uint32_t pending_bits) {
  const std::uint64_t rests_until = rests_until_ns_.load(std::memory_order_relaxed) - most_rest_owed_ns;
  if (monotonic_ns() < rests_until) {
    // What a call waits for is not to be waited for: it looks at the pending word before it begins.
    std::atomic_ref(page().pending).fetch_or(pending_bits, std::memory_order_seq_cst);
    if (!in_call_.load(std::memory_order_seq_cst) &&
        kick_timer_.arm(thread_id_, &vcpu_.state().immediate_exit, rests_until)) {
      return;
    }
  }
  kick(pending_bits);
}

void VcpuThread::kick_for_relative() {
  constexpr std::uint32_t can_wait = abi::pending_inbox | abi::pending_signal;
  if ((std::atomic_ref(page().pending).load(std::memory_order_seq_cst) & ~can_wait) != 0) {
    kick(0);
  } else {
    notify(0);
  }
}

void VcpuThread::set_finished() {
  running_ = false;
  gone_ = true;
  std::atomic_ref(page().ended).store(1, std::memory_order_release);
}

std::uint32_t VcpuThread::guest_thread_id() {
  return std::atomic_ref(page().thread_id).load(std::memory_order_relaxed);
}

std::string VcpuThread::guest_thread_name() {
  char name[sizeof(abi::VcpuPage::thread_name)];
  copy_once(name, reinterpret_cast<const std::byte*>(page().thread_name), sizeof name);  // SAFETY: seen as bytes
  return {name, ::strnlen(name, sizeof name - 1)};
}

rusage VcpuThread::usage() const {
  rusage used{};
  clockid_t clock;
  timespec time{};
  const pthread_t handle = handle_;
  if (running_ && handle != pthread_t{} && ::pthread_getcpuclockid(handle, &clock) == 0 &&
      ::clock_gettime(clock, &time) == 0) {
    used.ru_utime = {time.tv_sec, time.tv_nsec / 1000};
  }
  return used;
}

bool VcpuThread::sleeps(int proc_fd) const {
  const std::string path = fmt::format("self/task/{}/stat", thread_id_.load());
  const UniqueFd fd(::openat(proc_fd, path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[256] = {};
  if (!fd || ::read(fd.get(), text, sizeof text - 1) <= 0) {
    return false;
  }
  const char* name_end = std::strrchr(text, ')');  // proc_pid_stat(5): the state follows the name
  return name_end != nullptr && (name_end[2] == 'S' || name_end[2] == 'D');
}

// Who has a ring locked, that relatives wait for, goes on until it has not.
void VcpuThread::wait_while_stopped() {
  if (pvm_.stopped() && std::atomic_ref(page().holds_ring).load(std::memory_order_relaxed) != 0) {
    std::atomic_ref(page().stop_waits).store(1, std::memory_order_relaxed);
    return;
  }
  pvm_.wait_while_stopped();
}

void VcpuThread::loop() {
  while (!finished_ && !pvm_.exiting()) {
    wait_while_stopped();
    auto result = vcpu_.run();
    if (!result) {
      if (result.error().errno_value == EFAULT) {
        // The host could not give a page: a shared file mapping beyond the file's end, or memory exhausted.
        if (auto registers = vcpu_.registers(); registers) {
          upcall(*registers, abi::vector_bus_error);
          continue;
        }
      }
      crash(result.error().message().c_str());
      return;
    }
    if (*result == EINTR) {
      const std::uint64_t begin = monotonic_ns();
      on_kick();
      const std::uint64_t end = monotonic_ns();
      const std::uint64_t owed_from = std::max(end, rests_until_ns_.load(std::memory_order_relaxed));
      rests_until_ns_.store(owed_from + std::max(shortest_rest_ns, (end - begin) * rest_factor),
                            std::memory_order_relaxed);
      continue;
    }
    const kvm_run& state = vcpu_.state();
    switch (state.exit_reason) {
      case KVM_EXIT_IO:
        if (state.io.port == abi::port_host_call) {
          on_host_call();
        } else if (state.io.port == abi::port_cpl0_panic) {
          crash("an exception that no handler takes");
        }
        break;  // any other port of the guest's has no effect
      case KVM_EXIT_MMIO:
      case KVM_EXIT_HYPERCALL:
        break;
      case KVM_EXIT_SHUTDOWN:
        crash("triple fault");
        return;
      default:
        crash("unexpected exit");
        return;
    }
  }
}

void VcpuThread::on_host_call() {
  abi::VcpuPage& vcpu_page = page();
  in_call_.store(true, std::memory_order_seq_cst);
  kick_timer_.disarm();
  // A kick may have been taken for done while the guest was on its way to a blocking call: what is still pending ends
  // it.
  std::atomic_ref(kicked_).store(0, std::memory_order_seq_cst);
  if (std::atomic_ref(vcpu_page.pending).load(std::memory_order_seq_cst) != 0) {
    std::atomic_ref(kicked_).store(1, std::memory_order_seq_cst);
  }
  std::byte* buffer = pvm_.memory().translate_ram(area_ + abi::vcpu_call_buffer_offset, abi::vcpu_call_buffer_size);
  CallContext context{pvm_.services(), index_, {buffer, abi::vcpu_call_buffer_size}, &kicked_};
  serve(context, vcpu_page.call);
  in_call_.store(false, std::memory_order_relaxed);
  if (ServiceThread* service = pvm_.service(); service != nullptr) {
    // Exits in short succession: the polling service thread would serve them faster.
    const std::uint64_t now = __builtin_ia32_rdtsc();
    if (now - last_exit_tsc_ < service->nudge_interval_tsc()) {
      service->nudge();
    }
    last_exit_tsc_ = now;
  }
}

void VcpuThread::on_kick() {
  kick_timer_.disarm();
  std::atomic_ref(vcpu_.state().immediate_exit).store(0, std::memory_order_seq_cst);
  std::atomic_ref(kicked_).store(0, std::memory_order_seq_cst);
  if (std::atomic_ref(page().pending).load(std::memory_order_seq_cst) == 0) {
    return;
  }
  // One that KVM was about to deliver when the kick came enters the library OS by itself, and belongs to the registers
  // as they are.
  const auto excepted = vcpu_.has_exception();
  if (excepted && *excepted) {
    return;
  }
  auto registers = vcpu_.registers();
  if (!excepted || !registers) {
    crash((excepted ? registers.error() : excepted.error()).message().c_str());
    return;
  }
  const abi::LibosHeader& libos = pvm_.family().libos();
  const std::uint64_t rip = registers->rip;
  if (rip >= libos.return_begin_gva && rip <= libos.return_jump_gva) {
    if (rip == libos.return_jump_gva) {
      // Everything but RIP is the program's already; the next instruction is the one RCX names.
      registers->rip = registers->rcx;
      upcall(*registers, abi::vector_upcall);
      return;
    }
    registers->rip = libos.return_begin_gva;
  } else if (rip >= libos.iret_begin_gva && rip <= libos.iret_instruction_gva) {
    if (rip == libos.iret_instruction_gva) {
      registers->rsp -= libos.iret_frame_offset;
    }
    registers->rip = libos.iret_begin_gva;
  } else if (rip >= abi::linear_base && rip < abi::linear_end) {
    return;  // inside the library OS or a CPL0 stub: it looks at the pending word before it returns
  } else {
    upcall(*registers, abi::vector_upcall);
    return;
  }
  if (auto set = vcpu_.set_registers(*registers); !set) {
    crash(set.error().message().c_str());
  }
}

void VcpuThread::upcall(const kvm_regs& registers, std::uint64_t vector) {
  const std::uint64_t rip = registers.rip;
  if (rip >= abi::linear_base && rip < abi::linear_end) {
    crash("the host could not provide memory to the library OS (out of memory?)");
    return;
  }
  std::byte* frame = pvm_.memory().translate_ram(area_ + abi::exception_frame_offset, sizeof(abi::IretFrame));
  const abi::IretFrame interrupted{registers.rip, abi::selector_user_code, registers.rflags, registers.rsp,
                                   abi::selector_user_data};
  std::memcpy(frame, &interrupted, sizeof interrupted);
  abi::VcpuPage& vcpu_page = page();
  vcpu_page.exception_rax = registers.rax;
  vcpu_page.exception_vector = vector;
  kvm_regs entry = registers;
  entry.rip = pvm_.family().libos().exception_entry_gva;
  entry.rflags = 0x202;
  if (auto set = vcpu_.set_registers(entry); !set) {
    crash(set.error().message().c_str());
  }
}

void VcpuThread::crash(const char* reason) {
  std::string text = fmt::format("kx: pVM ended: {}", reason);
  auto registers = vcpu_.registers();
  auto special = vcpu_.special_registers();
  if (registers && special) {
    text += fmt::format(" (exit {}, vector {}, rip {:#x}, rsp {:#x}, cr2 {:#x}, cpl {})", vcpu_.state().exit_reason,
                        page().exception_vector, registers->rip, registers->rsp, special->cr2, special->cs.dpl);
    const std::byte* stack = nullptr;
    if (registers->rsp >= abi::linear_base && registers->rsp < abi::linear_end) {
      stack = pvm_.memory().translate_ram(Gpa{registers->rsp - abi::linear_base}, 48);
    }
    if (stack != nullptr) {
      std::uint64_t words[6];
      std::memcpy(words, stack, sizeof words);
      text += fmt::format(" stack {:#x}", fmt::join(words, " "));
    }
  }
  std::fprintf(stderr, "%s\n", text.c_str());
  pvm_.exit(ExitStatus{SIGKILL});
}

}  // namespace kx::hv
