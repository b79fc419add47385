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
#include <system_error>

#include "hypervisor/boot/loader.hpp"
#include "hypervisor/boot/program.hpp"
#include "hypervisor/boot/sandbox.hpp"
#include "hypervisor/control/control_server.hpp"
#include "hypervisor/control/runtime_directory.hpp"
#include "hypervisor/kvm/vm.hpp"
#include "hypervisor/libraries/guard.hpp"
#include "hypervisor/memory/guarded_access.hpp"
#include "hypervisor/network/port_forwarder.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/identity.hpp"
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

// The streams at whose other end somebody may be waiting for all writers to close: a relative that outlives the root is
// then waited for, as a shell's pipeline would.
std::vector<std::weak_ptr<const UniqueFd>> streams_others_wait_for(Pvm& pvm) {
  std::vector<std::weak_ptr<const UniqueFd>> streams;
  for (const std::uint64_t stream : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat status {};
    const HandleTable::File file = pvm.handles().get(stream);
    if (file != nullptr && *file && ::fstat(file->get(), &status) == 0 &&
        (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode))) {
      streams.emplace_back(file);
    }
  }
  return streams;
}

void describe_process(abi::BootInfo& info, std::uint64_t inherited_ignored, std::uint64_t inherited_blocked) {
  info.parent_pid = init_process;  // the hypervisor is the family's init
  info.session_id = init_process;
  info.identity = identity_of_thread();
  const mode_t mask = ::umask(0);  // the library OS applies the program's own
  info.umask = mask;
  for (int resource = 0; resource < 16; ++resource) {
    rlimit limit{};
    if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0) {
      info.limits[resource][0] = limit.rlim_cur;
      info.limits[resource][1] = limit.rlim_max;
    }
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

// Every descriptor of every process of the family is one of this process: it takes as many as it may have, by root's
// right more than it was given. What it was given, which is the program's limit.
rlimit raise_descriptor_limit() {
  rlimit given{};
  ::getrlimit(RLIMIT_NOFILE, &given);
  constexpr rlim_t most = HandleTable::max_handles;
  const rlimit all{most, most}, allowed{given.rlim_max, given.rlim_max};
  if (given.rlim_max >= most || ::setrlimit(RLIMIT_NOFILE, &all) != 0) {
    ::setrlimit(RLIMIT_NOFILE, &allowed);
  }
  return given;
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

Result<UniqueFd> open_audit_log(const FamilyConfig& config) {
  if (config.audit_path.empty()) {
    return UniqueFd();
  }
  UniqueFd fd(::open(config.audit_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600));
  if (!fd) {
    return Unexpected{system_error("open ", config.audit_path, " for --audit-log")};
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

// Restricts this process, and all its threads to come, to `wanted` of its processors. Families begin at different ones.
Result<std::optional<cpu_set_t>> limit_processors(std::uint32_t wanted) {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (wanted == 0 || ::sched_getaffinity(0, sizeof usable, &usable) != 0) {
    return std::optional<cpu_set_t>();
  }
  std::vector<int> processors;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &usable)) {
      processors.push_back(i);
    }
  }
  if (wanted > processors.size()) {
    return Unexpected{make_error(ErrorKind::Usage, "--cpus ", wanted, ": kx may use only ", processors.size(), " here")
                          .with_cure("ask for fewer")};
  }
  cpu_set_t chosen;
  CPU_ZERO(&chosen);
  for (std::size_t i = 0; i < wanted; ++i) {
    CPU_SET(processors[(static_cast<std::size_t>(::getpid()) + i) % processors.size()], &chosen);
  }
  if (::sched_setaffinity(0, sizeof chosen, &chosen) != 0) {
    return Unexpected{system_error("restrict the family to ", wanted, " processors")};
  }
  return std::optional<cpu_set_t>(chosen);
}

// The family's control socket as a file, which goes with it. Whatever fails here costs only that the other verbs do not
// find the family.
class ControlFile {
 public:
  ControlFile() : directory_(control::runtime_directory()) {
    if (auto listener = control::listen_in(directory_)) {
      listener_ = std::move(listener).value();
    }
  }
  ControlFile(const ControlFile&) = delete;
  ControlFile& operator=(const ControlFile&) = delete;
  ~ControlFile() { remove(); }

  [[nodiscard]] bool exists() const { return listener_.is_open(); }
  [[nodiscard]] std::string directory() const { return exists() ? directory_ : std::string(); }
  // The directory by a descriptor, once its path means nothing any more.
  void reach_by(UniqueFd directory) { descriptor_ = std::move(directory); }
  void serve(Family& family, uid_t owner) {
    if (exists()) {
      auto server = std::make_unique<ControlServer>(family, std::move(listener_), owner);
      ControlServer& started = *server;
      family.set_control(std::move(server));
      static_cast<void>(family.service()->watch_once(started.listener(), [&started] { return started.start(); }));
    }
  }
  void remove() {
    if (!directory_.empty()) {
      const std::string name = control::socket_name(::getpid());
      descriptor_ ? ::unlinkat(descriptor_.get(), name.c_str(), 0) : ::unlink((directory_ + "/" + name).c_str());
      directory_.clear();
    }
  }

 private:
  std::string directory_;
  UniqueFd descriptor_;
  UniqueFd listener_;
};

std::unique_ptr<libraries::Guard> make_guard(const libraries::LibraryPolicy& policy, const Sandbox& sandbox) {
  return std::make_unique<libraries::Guard>(
      policy,
      libraries::GuardPlace{.proc_fd = sandbox.proc_fd(),
                            .owners_hidden = sandbox.in_user_namespace(),
                            .report = [](const std::string& line) { std::fprintf(stderr, "kx: %s\n", line.c_str()); }});
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
  KX_TRY_ASSIGN(const UniqueFd audit_log, open_audit_log(config));
  KX_TRY_ASSIGN(kvm::System system, kvm::System::open());
  KX_TRY_ASSIGN(const auto processors, limit_processors(config.processors));
  const uid_t owner = ::geteuid();
  ControlFile control_file;
  SandboxConfig view = config.sandbox;
  view.runtime_directory = control_file.directory();
  KX_TRY_ASSIGN(auto published, listen_on_published(view.network));
  KX_TRY_ASSIGN(Sandbox sandbox, Sandbox::enter(view));
  control_file.reach_by(sandbox.take_runtime_directory());
  times.mark(StartPhase::Sandbox);
  BootParameters boot;
  KX_TRY_ASSIGN(boot.program, find_program(config, sandbox));
  const rlimit given_descriptors = raise_descriptor_limit();
  KX_TRY(sandbox.drop_privileges());
  ::signal(SIGCHLD, SIG_IGN);             // nobody waits for the keeper
  auto keeper = TerminalKeeper::start();  // without one, terminals opened in the family have no job control

  prepare_signals();
  install_kick_handler();
  install_guard_handler();
  KX_TRY_ASSIGN(auto memory, FamilyMemory::create());
  if (config.trust_family) {
    memory->trust_relatives();
  }
  Family family(std::move(system), std::move(sandbox), std::move(memory), limit);
  if (keeper) {
    family.terminals().set_keeper(std::move(keeper).value());
  }
  if (processors) {
    family.set_processors(*processors);
  }
  family.set_components(config.components | abi::needed_components);
  if (config.process_limit != 0) {
    family.processes().set_limit(config.process_limit);
  }
  if (config.library_policy && config.library_policy->mode() != libraries::PolicyMode::Off) {
    family.set_libraries(make_guard(*config.library_policy, family.sandbox()));
  }
  KX_TRY_ASSIGN(const std::shared_ptr<Pvm> root, family.make_pvm(family.processes().next_id()));
  Pvm& pvm = *root;
  times.mark(StartPhase::CreateVm);
  KX_TRY_ASSIGN(const GuestCpu cpu, guest_cpu(family.system(), pvm.vm()));
  family.set_cpu(cpu);
  KX_TRY(pvm.memory().attach(&pvm.vm(), first_ram_slot_size));
  // Clearing the first pages costs a tenth of a millisecond for each 2 MiB: done beside the rest if there is a
  // processor.
  const bool free_processor =
      processor_is_free(family.sandbox().proc_fd(),
                        config.processors != 0 ? config.processors : static_cast<std::uint32_t>(::get_nprocs()));
  std::future<void> prefault;
  if (free_processor) {
    try {
      prefault = std::async(std::launch::async, [&pvm] { pvm.memory().prefault(prefaulted_ram_size); });
    } catch (const std::system_error&) {  // no thread to be had: only a head start is lost
    }
  }
  times.mark(StartPhase::Memory);

  KX_TRY_ASSIGN(const abi::LibosHeader libos, load_libos(pvm.memory()));
  family.set_libos(libos);
  family.set_program(boot.program);
  write_system_tables(pvm.memory(), libos);
  boot.argv = config.argv;
  boot.environment = config.environment;
  boot.working_directory = family.sandbox().working_directory();
  boot.hostname = config.sandbox.hostname;
  describe_process(boot.info, ignored, 0);
  boot.info.pid = boot.info.group_id = static_cast<std::uint32_t>(pvm.pid());
  boot.info.limits[RLIMIT_NOFILE][0] = given_descriptors.rlim_cur;
  boot.info.limits[RLIMIT_NOFILE][1] = given_descriptors.rlim_max;
  KX_TRY(add_streams(pvm, boot.info, closed_streams));
  family.set_trace_fd(trace.get());
  family.set_audit_fd(audit_log.get());
  if (trace) {
    boot.info.flags |= abi::boot_strace;
  }
  if (cpu.slow_exits) {
    boot.info.flags |= abi::boot_slow_exits;
  }
  boot.info.components = family.components();
  if (family.libraries() != nullptr) {
    boot.info.flags |= abi::boot_library_policy;
  }
  KX_TRY(write_boot_info(pvm.memory(), boot, cpu));
  times.mark(StartPhase::Image);

  const ServiceOptions options{.slow_exits = cpu.slow_exits && boot.info.cpu_count > 1,
                               .starts_awake = free_processor,
                               .tsc_khz = cpu.tsc_khz,
                               .processors = boot.info.cpu_count};
  KX_TRY_ASSIGN(auto service, ServiceThread::start(options, [&family](const abi::InboxSignal& information) {
                  family.forward_signal(information);
                }));
  KX_TRY(
      family.ipc().async_files.start([&family](const ipc::AsyncFiles::Owner& to, const abi::InboxSignal& information) {
        family.processes().signal_owner(to, information);
      }));
  KX_TRY(service->watch(family.ipc().async_files.fd(), [&family] { family.ipc().async_files.dispatch(); }));
  family.set_service(std::move(service));
  KX_TRY(pvm.prepare());
  pvm.set_parent(init_process);
  KX_TRY(family.processes().add_root(pvm.pid(), pvm.pid(), init_process, boot.info.identity, root));
  const std::shared_ptr<Terminal>& terminal = family.terminals().of_kx();
  terminal->session = init_process;
  terminal->foreground = pvm.pid();
  family.processes().change(pvm.pid(), [&](ProcessTable::Process& process) {
    process.arguments = argument_block(config.argv);
    process.terminal = terminal;
  });
  family.set_boot_info(boot.info, config.sandbox.hostname);
  control_file.serve(family, owner);
  const EntryPoint entry{libos.entry_gva, abi::linear_gva(abi::vcpu0_gpa + abi::vcpu_stack_top),
                         abi::linear_gva(abi::vcpu0_gpa), abi::boot_pml4_gpa};
  std::unique_ptr<PortForwarder> forwarder;
  if (!published.empty()) {
    KX_TRY_ASSIGN(forwarder, PortForwarder::start(std::move(published)));
  }
  const auto streams = streams_others_wait_for(pvm);
  if (!family.terminals().keeper().wait_until_confined()) {
    return Unexpected{make_error(ErrorKind::System, "start the keeper of terminals: it does not begin to work")};
  }
  KX_TRY(pvm.start_vcpu(Gpa{abi::vcpu0_gpa}, entry));
  times.mark(StartPhase::Vcpu);
  KX_TRY(install_seccomp());
  times.mark(StartPhase::Seccomp);

  const ExitStatus status = pvm.wait_for_exit();
  if (family.forks() != 0 || config.stats) {
    family.wait_for_end(pvm.pid());
  }
  if (family.forks() != 0) {
    family.wait_for_streams(streams);
  }
  family.terminals().end();
  if (config.stats) {
    family.service()->stop();
    print_stats(family, pvm, times);
  }
  int exit_status =
      WIFSIGNALED(status.wait_status) ? 128 + WTERMSIG(status.wait_status) : WEXITSTATUS(status.wait_status);
  if (const auto failure = pvm.load_failure(); failure) {
    exit_status = report(*failure);
  }
  control_file.remove();
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
