#include "lane_machine.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sstream>
#include <utility>
#include <vector>

#include "lane_protocol.hpp"

namespace kx::lane {
namespace {

// Descriptors of a child process after 0, 1 and 2.
constexpr int first_inherited_fd = 3;

Unexpected<LaneError> failure(const std::string& what, int error) {
  return Unexpected{LaneError{"software lane: " + what + ": " + std::strerror(error)}};
}

// virtiofsd gives up its supplementary groups, which a user namespace forbids, and ends if it cannot. They are rights
// of this user anyway, so the call is told that it succeeded (seccomp(2), SECCOMP_RET_ERRNO with errno 0).
void let_setgroups_succeed() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setgroups, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{sizeof code / sizeof code[0], code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

// Without capabilities of its own, virtiofsd gets those of a user namespace in which the caller is root.
void become_namespace_root() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (user == 0 || unshare(CLONE_NEWUSER) != 0) {
    return;
  }
  const auto write_map = [](const char* path, const std::string& text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    [[maybe_unused]] ssize_t count = write(fd, text.data(), text.size());
    close(fd);
  };
  write_map("/proc/self/setgroups", "deny");
  write_map("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
  write_map("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
  let_setgroups_succeed();
}

// Starts a program that dies with the caller; inherited[i] becomes its descriptor 3 + i, output its stdout and stderr.
pid_t spawn(const std::vector<std::string>& arguments, const std::vector<int>& inherited, int output, bool as_root) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str()));
  }
  pointers.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) {
    return child;
  }
  setsid();  // the terminal's signals are not meant for it
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (as_root) {
    become_namespace_root();
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) {
    _exit(1);
  }
  // Out of the way first, so that no target overwrites a source.
  std::vector<int> high;
  constexpr int out_of_the_way = 100;
  for (int fd : inherited) {
    high.push_back(fcntl(fd, F_DUPFD_CLOEXEC, out_of_the_way));
  }
  dup2(open("/dev/null", O_RDONLY), 0);
  dup2(output, 1);
  dup2(output, 2);
  for (std::size_t i = 0; i < high.size(); ++i) {
    dup2(high[i], first_inherited_fd + static_cast<int>(i));
  }
  close_range(first_inherited_fd + static_cast<unsigned>(high.size()), ~0U, 0);
  execv(pointers[0], pointers.data());
  _exit(127);
}

// A listening unix socket under a name the kernel picks, outside of the file system: nothing to clean up (unix(7)).
int make_listener(sockaddr_un& address, socklen_t& length) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  address = {.sun_family = AF_UNIX, .sun_path = {}};
  // SAFETY: the sockets API takes every address type as sockaddr.
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  length = sizeof address;
  if (fd < 0 || bind(fd, generic, sizeof address.sun_family) != 0 || getsockname(fd, generic, &length) != 0 ||
      listen(fd, 1) != 0) {
    return -1;
  }
  return fd;
}

// What the kernel, QEMU and virtiofsd print: kept in memory, or in the file that $KX_LANE_CONSOLE names.
int open_console() {
  if (const char* path = std::getenv("KX_LANE_CONSOLE")) {
    return open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  }
  int fd = memfd_create("kx-lane-console", MFD_CLOEXEC);
  fcntl(fd, F_SETFL, O_APPEND);
  return fd;
}

std::uint64_t default_memory_mib() {
  constexpr std::uint64_t least = 1024;
  constexpr std::uint64_t most = 4096;
  struct sysinfo info {};
  sysinfo(&info);
  return std::clamp((std::uint64_t{info.totalram} * info.mem_unit >> 20) / 2, least, most);
}

void end_process(pid_t& pid) {
  if (pid > 0) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  pid = -1;
}

}  // namespace

Machine::Machine(Machine&& other) noexcept
    : qemu_(std::exchange(other.qemu_, -1)),
      file_server_(std::exchange(other.file_server_, -1)),
      agent_fd_(std::exchange(other.agent_fd_, -1)),
      console_fd_(std::exchange(other.console_fd_, -1)) {}

Machine::~Machine() {
  end_process(qemu_);
  end_process(file_server_);
  for (int fd : {agent_fd_, console_fd_}) {
    if (fd >= 0) {
      close(fd);
    }
  }
}

LaneResult<Machine> Machine::start(const MachineOptions& options) {
  KX_TRY_ASSIGN(const std::string qemu, find_program("qemu-system-x86_64", "qemu-system-x86"));
  KX_TRY_ASSIGN(const std::string file_server, find_program("virtiofsd", "qemu-system-common"));
  KX_TRY_ASSIGN(const LaneFiles files, find_lane_files());
  KX_TRY_ASSIGN(int initramfs_fd, make_initramfs(files));

  Machine machine;
  machine.console_fd_ = open_console();
  sockaddr_un address{};
  socklen_t length = 0;
  int listener = make_listener(address, length);
  if (listener < 0) {
    return failure("socket", errno);
  }
  KX_TRY(machine.start_file_server(file_server, listener));
  close(listener);
  int files_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int agent[2];
  // SAFETY: the sockets API takes every address type as sockaddr.
  if (files_fd < 0 || connect(files_fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, agent) != 0) {
    return failure("virtiofsd", errno);
  }
  machine.agent_fd_ = agent[0];
  KX_TRY(machine.start_qemu(qemu, files, initramfs_fd, files_fd, agent[1], options));
  close(initramfs_fd);
  close(files_fd);
  close(agent[1]);
  KX_TRY(machine.wait_until_ready(options.boot_timeout));
  return machine;
}

LaneResult<void> Machine::start_file_server(const std::string& program, int listening_fd) {
  // The chroot sandbox works inside a chroot and a container too; timeout=0 lets the lane see the host's changes at
  // once.
  file_server_ = spawn({program, "--fd=" + std::to_string(first_inherited_fd), "--rlimit-nofile=0", "-o",
                        "source=/,sandbox=chroot,cache=auto,timeout=0,xattr,log_level=err"},
                       {listening_fd}, console_fd_, true);
  return file_server_ > 0 ? LaneResult<void>{} : failure(program, errno);
}

LaneResult<void> Machine::start_qemu(const std::string& program, const LaneFiles& files, int initramfs_fd, int files_fd,
                                     int agent_fd, const MachineOptions& options) {
  constexpr int initramfs_target = first_inherited_fd;
  constexpr int files_target = first_inherited_fd + 1;
  constexpr int agent_target = first_inherited_fd + 2;
  const std::string memory = std::to_string(options.memory_mib != 0 ? options.memory_mib : default_memory_mib()) + "M";
  char host_name[65] = "kx";
  gethostname(host_name, sizeof host_name - 1);
  // QEMU before 8.1 leaves the guest's memory barriers out where there can be only one processor. But its own threads
  // and virtiofsd are on the other side of the virtqueues: without barriers, now and then a notification gets lost and
  // the lane stands still. So the machine has room for a second processor, which never comes.
  const std::string processors = std::to_string(options.cpus);
  const std::string room = std::to_string(std::max(options.cpus, 2U));
  const std::vector<std::string> arguments = {
      program,
      "-nodefaults",
      "-no-user-config",
      "-display",
      "none",
      "-no-reboot",
      "-machine",
      "q35,memory-backend=memory,smm=off,vmport=off,i8042=off",
      "-accel",
      "tcg,thread=multi,tb-size=256",
      "-cpu",
      "EPYC,+svm,+npt",
      "-smp",
      processors + ",maxcpus=" + room,
      "-m",
      memory,
      "-object",
      "memory-backend-memfd,id=memory,share=on,size=" + memory,
      "-kernel",
      files.kernel,
      "-initrd",
      "/proc/self/fd/" + std::to_string(initramfs_target),
      "-append",
      "console=ttyS0 quiet panic=-1 mitigations=off nokaslr random.trust_cpu=on tsc=reliable nr_cpus=" + processors +
          " hostname=" + host_name,
      "-chardev",
      "stdio,id=console,signal=off",
      "-serial",
      "chardev:console",
      "-chardev",
      "socket,id=files,fd=" + std::to_string(files_target),
      "-device",
      "vhost-user-fs-pci,chardev=files,tag=virtiofs,queue-size=1024",
      "-chardev",
      "socket,id=agent,fd=" + std::to_string(agent_target),
      "-device",
      "virtio-serial-pci",
      "-device",
      std::string{"virtserialport,chardev=agent,name="} + port_name,
  };
  qemu_ = spawn(arguments, {initramfs_fd, files_fd, agent_fd}, console_fd_, false);
  return qemu_ > 0 ? LaneResult<void>{} : failure(program, errno);
}

LaneResult<void> Machine::wait_until_ready(std::chrono::seconds timeout) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  FrameReader reader;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd poll_fd{agent_fd_, POLLIN, 0};
    const int ready = left.count() > 0 ? poll(&poll_fd, 1, static_cast<int>(left.count())) : 0;
    if (ready == 0) {
      return Unexpected{LaneError{"software lane: not ready after " + std::to_string(timeout.count()) +
                                  " s: the machine is too slow or busy: " + last_words()}};
    }
    char buffer[256];
    const ssize_t count = ready < 0 ? -1 : recv(agent_fd_, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return Unexpected{LaneError{"software lane: virtual machine ended while it started: " + last_words()}};
    }
    reader.add({buffer, static_cast<std::size_t>(count)});
    if (auto frame = reader.next(); frame && frame->type == FrameType::Ready) {
      if (frame->word(0) != protocol_version) {
        return Unexpected{LaneError{"software lane: lane-agent: another version than this program: run make build"}};
      }
      if (frame->word(1) != 0) {
        return failure("/dev/kvm in the lane", static_cast<int>(frame->word(1)));
      }
      break;
    }
  }
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const std::uint64_t now_ns =
      static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
  std::string clock;
  append_frame(clock, 0, FrameType::SetClock,
               {static_cast<std::uint32_t>(now_ns), static_cast<std::uint32_t>(now_ns >> 32)});
  send(agent_fd_, clock.data(), clock.size(), MSG_NOSIGNAL);
  return {};
}

std::string Machine::last_words() const {
  char buffer[4096];
  const off_t size = lseek(console_fd_, 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - static_cast<off_t>(sizeof buffer));
  const ssize_t count = pread(console_fd_, buffer, sizeof buffer, from);
  std::string text{buffer, static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  std::istringstream lines{text};
  std::string last = "it said nothing";
  for (std::string line; std::getline(lines, line);) {
    line.erase(line.find_last_not_of(" \r") + 1);
    // virtiofsd's farewell to QEMU follows from the end, and QEMU always warns of what TCG lacks.
    if (!line.empty() && line.rfind("virtio_loop", 0) != 0 && line.find("warning: TCG") == std::string::npos) {
      last = line;
    }
  }
  return last;
}

}  // namespace kx::lane
