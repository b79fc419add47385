#include "hypervisor/control/control_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hypervisor/control/answers.hpp"
#include "hypervisor/control/descriptors.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/process/stats_report.hpp"
#include "hypervisor/start_thread.hpp"

namespace kx::hv {

namespace {

// The arguments, each ended by NUL, with spaces between them.
std::string command_line(std::string arguments) {
  while (!arguments.empty() && arguments.back() == '\0') {
    arguments.pop_back();
  }
  std::replace(arguments.begin(), arguments.end(), '\0', ' ');
  return arguments;
}

using control::Answer;
using control::header;
using control::ProcessRecord;
using control::ProcessState;
using control::refuse;
using control::Request;
using control::send;
using control::send_text;

constexpr std::size_t most_connections = 64;
// A client that takes no answers is given up after this.
constexpr timeval patience{1, 0};
// What a root of another user namespace, and any other user there, looks like here (user_namespaces(7)).
constexpr uid_t overflow_uid = 65534;

struct Received {
  Request request{};
  std::vector<UniqueFd> descriptors;
  bool whole = false;   // a message of the right size and kind
  bool closed = false;  // the client is gone
};

Received receive(int fd) {
  Received received;
  iovec part{&received.request, sizeof received.request};
  control::DescriptorSpace space;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.bytes;
  message.msg_controllen = sizeof space.bytes;
  const ssize_t size = ::recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size <= 0) {
    received.closed = size == 0 || (errno != EAGAIN && errno != EINTR);
    return received;
  }
  received.descriptors = control::take_descriptors(message);
  const Request& request = received.request;
  received.whole =
      size == sizeof(Request) && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 && request.magic == control::magic;
  return received;
}

// Cuts `count` strings off the front of `text`, each ended by NUL. False: there are not so many.
bool take_strings(std::string_view& text, std::size_t count, std::vector<std::string>& strings) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos) {
      return false;
    }
    strings.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return true;
}

// The first `size` bytes of a client's file, copied once.
std::optional<std::string> read_file(int fd, std::uint64_t size) {
  struct stat status {};
  if (size > control::strings_size_limit || ::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  std::string bytes(size, '\0');
  return ::pread(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()) ? std::optional(bytes)
                                                                                          : std::nullopt;
}

// `count` strings, and nothing else.
std::optional<std::vector<std::string>> read_strings(int fd, std::uint64_t size, std::size_t count) {
  const std::optional<std::string> bytes = read_file(fd, size);
  std::string_view rest = bytes ? std::string_view(*bytes) : std::string_view();
  std::vector<std::string> strings;
  return bytes && take_strings(rest, count, strings) && rest.empty() ? std::optional(std::move(strings)) : std::nullopt;
}

// The strings of an Execute request; nothing if they are not what the request says.
std::optional<NewProgram> read_program(const Request& request, int fd) {
  const std::optional<std::string> bytes = read_file(fd, request.strings_size);
  if (!bytes) {
    return std::nullopt;
  }
  NewProgram program;
  std::string_view rest = *bytes;
  std::vector<std::string> directory;
  if (request.argument_count == 0 || !take_strings(rest, 1, directory) ||
      !take_strings(rest, request.argument_count, program.argv) ||
      !take_strings(rest, request.environment_count, program.environment) || !rest.empty()) {
    return std::nullopt;
  }
  program.working_directory = std::move(directory.front());
  return program;
}

std::uint64_t microseconds(const rusage& usage) {
  const auto of = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

ProcessState state_of(const ProcessTable::Process& process, Pvm* pvm) {
  switch (process.state) {
    case ProcessTable::State::Stopped:
      return ProcessState::Stopped;
    case ProcessTable::State::Zombie:
      return ProcessState::Zombie;
    case ProcessTable::State::Running:
      break;
  }
  return pvm != nullptr && pvm->sleeps() ? ProcessState::Sleeping : ProcessState::Running;
}

}  // namespace

ControlServer::ControlServer(Family& family, UniqueFd listener, uid_t owner)
    : family_(family), libraries_(family), listener_(std::move(listener)), owner_(owner) {}

ControlServer::~ControlServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) {
    ring();
    thread_.join();
  }
}

bool ControlServer::start() {
  wakeup_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wakeup_) {
    return false;
  }
  auto thread = start_thread([this] {
    ::pthread_setname_np(::pthread_self(), "kx-control");
    run();
  });
  if (thread) {
    thread_ = std::move(thread).value();
  }
  return thread_.joinable();
}

void ControlServer::ring() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof one);
}

void ControlServer::run() {
  std::vector<pollfd> polled;
  for (;;) {
    polled.assign({{listener_.get(), POLLIN, 0}, {wakeup_.get(), POLLIN, 0}});
    for (const Connection& connection : connections_) {
      polled.push_back({connection.fd.get(), POLLIN, 0});
    }
    if (::poll(polled.data(), polled.size(), -1) < 0) {
      continue;  // EINTR
    }
    std::uint64_t rings;
    [[maybe_unused]] const ssize_t taken = ::read(wakeup_.get(), &rings, sizeof rings);
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        return;
      }
    }
    for (std::size_t i = connections_.size(); i-- > 0;) {
      if (polled[i + 2].revents != 0 && !serve(connections_[i])) {
        connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    report_ended();
    if ((polled[0].revents & POLLIN) != 0) {
      accept_one();
    }
  }
}

void ControlServer::accept_one() {
  UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!fd) {
    return;
  }
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return;
  }
  // The directory and the socket are closed to all but the owner and root: who gets here inside a user namespace
  // without an identity in it is root.
  const bool allowed =
      peer.uid == owner_ || peer.uid == 0 || (peer.uid == overflow_uid && family_.sandbox().in_user_namespace());
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (!allowed) {
    refuse(fd.get(), system_error_from(EPERM, "this family is another user's"));
  } else if (connections_.size() == most_connections) {
    refuse(fd.get(), system_error_from(EAGAIN, "the family has too many clients"));
  } else {
    connections_.push_back({std::move(fd), peer.uid});
  }
}

bool ControlServer::serve(Connection& connection) {
  Received received = receive(connection.fd.get());
  if (received.closed) {
    hang_up(connection);
    return false;
  }
  if (!received.whole) {
    return received.request.magic == 0;  // nothing was there
  }
  if (received.request.version != control::version) {
    refuse(connection.fd.get(), make_error(ErrorKind::Unsupported, "the family runs another version of kx"));
    return false;
  }
  return answer(connection, received.request, std::move(received.descriptors));
}

bool ControlServer::answer(Connection& connection, const Request& request, std::vector<UniqueFd> descriptors) {
  const int fd = connection.fd.get();
  const auto verb = static_cast<control::Verb>(request.verb);
  if (connection.executed != 0) {
    return verb == control::Verb::Signal && signal(fd, request, connection.executed);
  }
  switch (verb) {
    case control::Verb::List:
      return list(fd);
    case control::Verb::Signal:
      return signal(fd, request, 0);
    case control::Verb::Stats:
      return statistics(fd, request);
    case control::Verb::Execute:
      return execute(connection, request, std::move(descriptors));
    case control::Verb::ListLibraries:
    case control::Verb::UpdateLibrary:
    case control::Verb::RollBackLibrary:
      return libraries(connection, request, std::move(descriptors));
    case control::Verb::Last:
      break;
  }
  refuse(fd, make_error(ErrorKind::Unsupported, "the family does not know this request"));
  return false;
}

bool ControlServer::list(int fd) {
  std::vector<ProcessTable::Process> processes;  // a copy: what follows takes locks of pVMs, and may wait
  family_.processes().for_each([&](const ProcessTable::Process& process) { processes.push_back(process); });
  for (const ProcessTable::Process& process : processes) {
    ProcessRecord record{};
    record.header = header(Answer::Process);
    record.pid = process.pid;
    record.parent = process.parent;
    record.uid = process.user.real;
    record.state = static_cast<std::uint32_t>(state_of(process, process.pvm.get()));
    if (process.pvm != nullptr) {
      const MemoryUse use = process.pvm->memory().use();
      record.private_size = use.own;
      record.inherited_size = use.inherited;
      record.threads = process.pvm->thread_count();
      record.processor_time_us = microseconds(process.pvm->usage());
    } else {
      record.processor_time_us = microseconds(process.usage);
    }
    if (!send(fd, &record, sizeof record, command_line(process.arguments))) {
      return false;
    }
  }
  return send(fd, Answer::Done);
}

// `executed`: the program whose client asks; the signal is for its process group, and there is no answer.
bool ControlServer::signal(int fd, const Request& request, ProcessId executed) {
  ProcessTable& processes = family_.processes();
  if (request.signal < 0 || request.signal > 64) {
    return executed != 0 || refuse(fd, system_error_from(EINVAL, "signal ", request.signal));
  }
  if (executed != 0) {
    processes.signal_group(executed, request.signal, SI_USER);
    return true;
  }
  if (request.pid == 0) {
    if (request.signal == SIGKILL) {
      processes.set_limit(0);  // whoever forks meanwhile shall not get away
    }
    processes.for_each_pid([&](ProcessId pid) { processes.signal_process(pid, request.signal, SI_USER); });
    return send(fd, Answer::Done);
  }
  bool exists = false;
  processes.for_each([&](const ProcessTable::Process& process) { exists = exists || process.pid == request.pid; });
  if (!exists) {
    return refuse(fd, system_error_from(ESRCH, "no process ", request.pid, " in this family"));
  }
  processes.signal_process(request.pid, request.signal, SI_USER);
  return send(fd, Answer::Done);
}

bool ControlServer::statistics(int fd, const Request& request) {
  if (request.pid == 0) {
    return send_text(fd, family_stats_text(family_));
  }
  const std::shared_ptr<Pvm> pvm = family_.processes().find(request.pid);
  if (pvm == nullptr) {
    return refuse(fd, system_error_from(ESRCH, "no running process ", request.pid, " in this family"));
  }
  return send_text(fd, pvm_stats_text(*pvm));
}

// Answered by a thread of its own: an update waits for its programs.
bool ControlServer::libraries(const Connection& connection, const Request& request, std::vector<UniqueFd> descriptors) {
  const int fd = connection.fd.get();
  const bool updates = static_cast<control::Verb>(request.verb) == control::Verb::UpdateLibrary;
  std::optional<std::vector<std::string>> strings;
  if (descriptors.size() == (updates ? 2 : 1)) {
    strings = read_strings(descriptors.back().get(), request.strings_size, updates ? 5 : 1);
  }
  UniqueFd client(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!strings || !client) {
    refuse(fd, make_error(ErrorKind::Usage, "the request makes no sense"));
    return false;
  }
  LibraryJob job;
  job.client = std::move(client);
  job.user = connection.user;
  job.verb = static_cast<control::Verb>(request.verb);
  job.request.pid = request.pid;
  job.request.old_name = (*strings)[0];
  job.request.timeout_ns = request.timeout_ns;
  if (updates) {
    job.request.old_build_id = (*strings)[1];
    job.request.new_name = (*strings)[2];
    job.request.fail_at = (*strings)[3];
    job.request.signature = (*strings)[4];
    job.request.fd = std::move(descriptors.front());
    job.request.dry_run = request.dry_run != 0;
    job.request.has_debug_information = request.has_debug_information != 0;
  }
  return libraries_.add(std::move(job)) || refuse(fd, system_error_from(EAGAIN, "the family cannot make a thread"));
}

bool ControlServer::execute(Connection& connection, const Request& request, std::vector<UniqueFd> descriptors) {
  const int fd = connection.fd.get();
  std::size_t expected = 1;
  for (unsigned stream = 0; stream < 3; ++stream) {
    expected += request.streams >> stream & 1;
  }
  std::optional<NewProgram> program;
  if (request.streams < 8 && descriptors.size() == expected) {
    program = read_program(request, descriptors.back().get());
  }
  if (!program) {
    refuse(fd, make_error(ErrorKind::Usage, "the request makes no sense"));
    return false;
  }
  std::size_t next = 0;
  for (unsigned stream = 0; stream < 3; ++stream) {
    if ((request.streams >> stream & 1) != 0) {
      program->streams[stream] = std::move(descriptors[next++]);
    }
  }
  program->umask = request.umask & 0777;
  const auto pid = family_.start_program(std::move(*program));
  if (!pid) {
    refuse(fd, pid.error());
    return false;
  }
  connection.executed = *pid;
  send(fd, Answer::Started, *pid);
  ring();  // it may have ended already
  return true;
}

// Whoever had a program executed is gone, as a terminal that hangs up.
void ControlServer::hang_up(const Connection& connection) {
  if (connection.executed != 0) {
    family_.processes().signal_group(connection.executed, SIGHUP, SI_KERNEL);
    family_.processes().signal_group(connection.executed, SIGCONT, SI_KERNEL);
  }
}

void ControlServer::process_ended(ProcessId pid, std::int32_t wait_status, const Error* failure) {
  {
    const std::lock_guard lock(mutex_);
    ended_.push_back({pid, wait_status, failure != nullptr ? failure->message() : std::string(),
                      failure != nullptr ? failure->exit_status() : 0});
  }
  ring();
}

void ControlServer::report_ended() {
  std::vector<Ended> ended;
  {
    const std::lock_guard lock(mutex_);
    ended.swap(ended_);
  }
  for (const Ended& process : ended) {
    const auto found = std::find_if(connections_.begin(), connections_.end(),
                                    [&](const Connection& connection) { return connection.executed == process.pid; });
    if (found == connections_.end()) {
      continue;
    }
    if (process.failure.empty()) {
      send(found->fd.get(), Answer::Ended, process.status);
    } else {
      send(found->fd.get(), Answer::Failed, process.exit_status, process.failure);
    }
    connections_.erase(found);
  }
}

}  // namespace kx::hv
