#include "hypervisor/family.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <future>

#include "hypervisor/boot/loader.hpp"
#include "hypervisor/boot/program.hpp"
#include "hypervisor/boot/sandbox.hpp"
#include "hypervisor/ipc/family_ipc.hpp"
#include "hypervisor/kvm/vm.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/process/stats_report.hpp"
#include "hypervisor/services/seccomp.hpp"
#include "hypervisor/services/service_thread.hpp"
#include "hypervisor/services/timers.hpp"
#include "hypervisor/vcpu/interruptible.hpp"

namespace kx::hv {

namespace {

constexpr std::uint64_t first_ram_slot_size = 32ull << 20;
// What a small dynamic program touches.
constexpr std::uint64_t prefaulted_ram_size = 4ull << 20;

// Tells which of the descriptors 0, 1 and 2 the caller left closed, and occupies them with one of no use, so that
// nothing opened later is taken for a stream.
std::array<bool, 3> occupy_closed_streams() {
  std::array<bool, 3> closed{};
  for (int fd = 0; fd < 3; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) {
      closed[static_cast<std::size_t>(fd)] = true;
      (void)::open("/", O_PATH | O_CLOEXEC);  // gets the lowest free number
    }
  }
  return closed;
}

// The descriptors given to kx become handles 0, 1 and 2; one that is closed stays closed in the pVM.
Result<void> add_streams(Pvm& pvm, abi::BootInfo& info, const std::array<bool, 3>& closed) {
  for (int fd = 0; fd < 3; ++fd) {
    struct stat status {};
    UniqueFd copy;
    if (!closed[static_cast<std::size_t>(fd)] && ::fstat(fd, &status) == 0) {
      copy = UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
      if (!copy) {
        return Unexpected{system_error("duplicate descriptor ", fd)};
      }
      info.streams[fd] = {1, status.st_mode, status.st_rdev};
    }
    KX_VERIFY(pvm.handles().add(std::move(copy)) == fd);
  }
  return {};
}

void describe_process(abi::BootInfo& info, std::uint64_t inherited_ignored, std::uint64_t inherited_blocked) {
  info.pid = 2;
  info.parent_pid = 1;  // the hypervisor is the family's init
  info.group_id = 2;
  info.session_id = 1;
  info.uid = ::getuid();
  info.euid = ::geteuid();
  info.gid = ::getgid();
  info.egid = ::getegid();
  gid_t groups[32];
  const int count = ::getgroups(32, groups);
  info.supplementary_count = static_cast<std::uint32_t>(std::max(count, 0));
  std::copy_n(groups, info.supplementary_count, info.supplementary);
  const mode_t mask = ::umask(0);  // the library OS applies the program's own
  info.umask = mask;
  for (int resource = 0; resource < 16; ++resource) {
    rlimit limit{};
    if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0) {
      info.limits[resource][0] = limit.rlim_cur;
      info.limits[resource][1] = limit.rlim_max;
    }
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (::syscall(SYS_capget, &header, data) == 0) {
    info.capabilities = data[0].effective | static_cast<std::uint64_t>(data[1].effective) << 32;
  }
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  ::sched_getaffinity(0, sizeof cpus, &cpus);
  info.cpu_count = static_cast<std::uint32_t>(std::max(CPU_COUNT(&cpus), 1));
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  info.start_time_ns = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
  info.ignored_signals = inherited_ignored;
  info.blocked_signals = inherited_blocked;
}

std::uint64_t ignored_signals() {
  std::uint64_t bits = 0;
  for (int signal = 1; signal <= 64; ++signal) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
      bits |= 1ull << (signal - 1);
    }
  }
  return bits;
}

// Every descriptor of the pVM is one of this process.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

// What the pVM may have: as much as the machine, if nothing is asked for.
Result<std::uint64_t> memory_limit(const FamilyConfig& config) {
  struct sysinfo information {};
  ::sysinfo(&information);
  const std::uint64_t total = static_cast<std::uint64_t>(information.totalram) * information.mem_unit;
  if (config.memory_limit > total) {
    return Unexpected{make_error(ErrorKind::OutOfMemory, "--memory ", config.memory_limit >> 20,
                                 "M: this machine has only ", total >> 20, "M")
                          .with_cure("ask for less")};
  }
  return config.memory_limit != 0 ? config.memory_limit : total;
}

Result<UniqueFd> open_trace(const FamilyConfig& config) {
  if (!config.strace_path) {
    return UniqueFd();
  }
  UniqueFd fd(config.strace_path->empty() || *config.strace_path == "-"
                  ? ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
                  : ::open(config.strace_path->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666));
  if (!fd) {
    return Unexpected{system_error("open ", *config.strace_path, " for --strace")};
  }
  return fd;
}

// Whether another thread of ours would have a processor to itself now: fewer threads want to run than there are
// processors, or we come before them.
bool processor_is_free(int proc_fd, std::uint32_t processors) {
  if (::sched_getscheduler(0) != SCHED_OTHER) {
    return true;
  }
  char text[128] = {};
  const UniqueFd fd(::openat(proc_fd, "loadavg", O_RDONLY | O_CLOEXEC));
  unsigned running = 0;  // the fourth word is "running/existing" (proc(5)); this thread is among them
  if (!fd || ::read(fd.get(), text, sizeof text - 1) <= 0 || std::sscanf(text, "%*s %*s %*s %u/", &running) != 1) {
    return true;
  }
  return running < processors;
}

int report(const Error& error) {
  std::fprintf(stderr, "kx: %s\n", error.message().c_str());
  return error.exit_status();
}

// Runs the program and ends the process with its exit status; returns only if it could not be started.
Result<void> run(const FamilyConfig& config) {
  StartTimes times;
  const std::array<bool, 3> closed_streams = occupy_closed_streams();
  const std::uint64_t ignored = ignored_signals();
  KX_TRY_ASSIGN(const std::uint64_t limit, memory_limit(config));
  KX_TRY_ASSIGN(UniqueFd trace, open_trace(config));
  KX_TRY_ASSIGN(kvm::System system, kvm::System::open());
  KX_TRY_ASSIGN(Sandbox sandbox, Sandbox::enter(config.sandbox));
  times.mark(StartPhase::Sandbox);
  BootParameters boot;
  KX_TRY_ASSIGN(boot.program, find_program(config, sandbox));
  KX_TRY(sandbox.drop_privileges());

  prepare_signals();
  install_kick_handler();
  KX_TRY_ASSIGN(kvm::Vm vm, system.create_vm());
  times.mark(StartPhase::CreateVm);
  KX_TRY_ASSIGN(GuestMemory memory, GuestMemory::create(limit));
  GuestCpu cpu{};
  Pvm pvm(std::move(vm), std::move(memory), sandbox, cpu);
  KX_TRY_ASSIGN(cpu, guest_cpu(system, pvm.vm()));
  KX_TRY(pvm.memory().attach(&pvm.vm(), first_ram_slot_size));
  // Clearing the first pages costs a tenth of a millisecond for each 2 MiB: done beside the rest if there is a
  // processor.
  const bool free_processor = processor_is_free(sandbox.proc_fd(), static_cast<std::uint32_t>(::get_nprocs()));
  std::future<void> prefault;
  if (free_processor) {
    prefault = std::async(std::launch::async, [&pvm] { pvm.memory().prefault(prefaulted_ram_size); });
  }
  times.mark(StartPhase::Memory);

  KX_TRY_ASSIGN(const abi::LibosHeader libos, load_libos(pvm.memory()));
  pvm.set_libos(libos);
  pvm.set_program(boot.program);
  write_system_tables(pvm.memory(), libos);
  boot.argv = config.argv;
  boot.environment = config.environment;
  boot.working_directory = sandbox.working_directory();
  boot.hostname = config.sandbox.hostname;
  describe_process(boot.info, ignored, 0);
  raise_descriptor_limit();
  KX_TRY(add_streams(pvm, boot.info, closed_streams));
  pvm.set_trace_fd(trace.get());
  if (trace) {
    boot.info.flags |= abi::boot_strace;
  }
  const bool slow_exits = cpu.slow_exits;
  if (slow_exits) {
    boot.info.flags |= abi::boot_slow_exits;
  }
  KX_TRY(write_boot_info(pvm.memory(), boot, cpu));
  times.mark(StartPhase::Image);

  pvm.clock().attach(pvm.memory().system(), cpu.tsc_khz);
  KX_TRY_ASSIGN(TimerService timers, TimerService::create([&pvm](std::uint32_t timer, std::uint64_t expirations) {
                  pvm.post_timer(timer, expirations);
                }));
  pvm.services().timers = &timers;
  FamilyIpc ipc(limit);
  pvm.services().ipc = &ipc;
  pvm.services().group_id = static_cast<std::int32_t>(boot.info.group_id);
  pvm.services().session_id = static_cast<std::int32_t>(boot.info.session_id);
  const ServiceOptions options{
      .slow_exits = slow_exits && boot.info.cpu_count > 1, .starts_awake = free_processor, .tsc_khz = cpu.tsc_khz};
  KX_TRY_ASSIGN(auto service, ServiceThread::start(options, [&pvm](int signal, const abi::InboxSignal& information) {
                  pvm.post_signal(signal, information);
                }));
  KX_TRY(service->add_timers(timers));
  pvm.set_service(service.get());
  const EntryPoint entry{libos.entry_gva, abi::linear_gva(abi::vcpu0_gpa + abi::vcpu_stack_top),
                         abi::linear_gva(abi::vcpu0_gpa), abi::boot_pml4_gpa};
  KX_TRY(pvm.start_vcpu(Gpa{abi::vcpu0_gpa}, entry));
  times.mark(StartPhase::Vcpu);
  KX_TRY(install_seccomp());
  times.mark(StartPhase::Seccomp);

  const ExitStatus status = pvm.wait_for_exit();
  if (config.stats) {
    pvm.wait_for_vcpus();
    service->stop();
    print_stats(pvm, times, cpu.tsc_khz);
  }
  int exit_status =
      WIFSIGNALED(status.wait_status) ? 128 + WTERMSIG(status.wait_status) : WEXITSTATUS(status.wait_status);
  if (const auto failure = pvm.load_failure(); failure) {
    exit_status = report(*failure);
  }
  // The kernel takes the whole process down faster than destructors do part by part, and nothing outlives it.
  std::fflush(nullptr);
  ::_exit(exit_status);
}

}  // namespace

int run_family(const FamilyConfig& config) {
  const auto result = run(config);
  return report(result.error());
}

}  // namespace kx::hv
