// `kx exec`: one more program in a running family.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "toolstack/family_client.hpp"
#include "toolstack/run_options.hpp"
#include "toolstack/string_file.hpp"
#include "toolstack/verbs.hpp"

namespace kx::toolstack {
namespace {

constexpr const char* text_of_help =
    "Runs a program in a running family: with its files, its /tmp, its processes and its limits, as a child of the\n"
    "family's process 1, in a session of its own. Streams, environment and umask are the caller's. Signals sent to kx "
    "exec\n"
    "are passed on; the program is sent SIGHUP if kx exec ends first, and ends with the family.\n"
    "\n"
    "Exit status: the program's, 128 + N if signal N ended it, 127 not found, 126 not executable, 125 failure of kx.\n"
    "\n"
    "Examples:\n"
    "  kx exec 4711 -- ls /tmp\n"
    "  kx exec -w /srv 4711 -- sh";

class ExecFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return "Usage: kx exec [OPTION...] FAMILY [--] PROGRAM [ARGUMENT...]\n";
  }
};

// What the terminal or somebody else sends to kx exec and the program is to get. SIGTSTP and SIGCONT stop and continue
// both.
constexpr int passed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGTSTP, SIGCONT};

hv::Result<hv::UniqueFd> block_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : passed_on) {
    ::sigaddset(&set, signal);
  }
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  hv::UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) {
    return Unexpected{hv::system_error("signalfd")};
  }
  return fd;
}

hv::Result<void> pass_signals_on(FamilyClient& client, int signal_fd) {
  signalfd_siginfo information;
  while (::read(signal_fd, &information, sizeof information) == sizeof information) {
    const auto signal = static_cast<int>(information.ssi_signo);
    KX_TRY(client.send(make_request(hv::control::Verb::Signal, 0, signal)));
    if (signal == SIGTSTP) {
      ::raise(SIGSTOP);
      KX_TRY(client.send(make_request(hv::control::Verb::Signal, 0, SIGCONT)));
    }
  }
  return {};
}

// Until the program has ended. Its wait status.
hv::Result<int> attend(FamilyClient& client, int signal_fd) {
  for (;;) {
    pollfd polled[] = {{client.fd(), POLLIN, 0}, {signal_fd, POLLIN, 0}};
    if (::poll(polled, std::size(polled), -1) < 0 && errno != EINTR) {
      return Unexpected{hv::system_error("poll")};
    }
    if (polled[0].revents != 0) {
      KX_TRY_ASSIGN(const FamilyClient::Answer answer, client.receive());
      if (answer.kind == hv::control::Answer::Ended) {
        return answer.value;
      }
    }
    if (polled[1].revents != 0) {
      KX_TRY(pass_signals_on(client, signal_fd));
    }
  }
}

hv::Result<int> execute(const Id& id, const std::string& workdir, const std::vector<std::string>& argv,
                        const std::vector<std::string>& environment) {
  KX_TRY_ASSIGN(auto client, FamilyClient::find(id.family));
  std::string strings = workdir;
  strings += '\0';
  append_strings(strings, argv);
  append_strings(strings, environment);
  hv::control::Request request = make_request(hv::control::Verb::Execute);
  request.argument_count = static_cast<std::uint32_t>(argv.size());
  request.environment_count = static_cast<std::uint32_t>(environment.size());
  request.strings_size = strings.size();
  request.umask = ::umask(0);
  ::umask(request.umask);
  std::vector<int> descriptors;
  for (int fd = 0; fd < 3; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) {
      request.streams |= 1u << fd;
      descriptors.push_back(fd);
    }
  }
  KX_TRY_ASSIGN(const hv::UniqueFd file, write_string_file(strings));
  descriptors.push_back(file.get());
  KX_TRY_ASSIGN(const hv::UniqueFd signals, block_signals());
  KX_TRY(client.send(request, descriptors));
  KX_TRY_ASSIGN(const FamilyClient::Answer started, client.receive());
  static_cast<void>(started);
  client.wait_patiently();
  auto status = attend(client, signals.get());
  if (!status && (status.error().errno_value == ECONNRESET || status.error().errno_value == EPIPE)) {
    report(status.error());
    return SIGKILL;  // as the family's end killed it
  }
  return status;
}

}  // namespace

int exec_verb(std::vector<std::string> arguments) {
  CLI::App app("Runs a program in a running family.", "kx exec");
  app.footer(text_of_help);
  app.formatter(std::make_shared<ExecFormatter>());
  std::string workdir;
  std::vector<std::string> changes;
  app.add_option("-w,--workdir", workdir, "working directory in the family's view (default: where the family started)")
      ->type_name("DIR");
  app.add_option("-e,--env", changes, "set an environment variable; K alone removes it; repeatable")
      ->type_name("K=V")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  const std::size_t family = find_program(app, arguments);
  if (const auto status =
          parse_arguments(app, {arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(family)})) {
    return *status;
  }
  std::vector<std::string> rest(arguments.begin() + static_cast<std::ptrdiff_t>(family), arguments.end());
  if (rest.size() > 1 && rest[1] == "--") {
    rest.erase(rest.begin() + 1);
  }
  if (rest.size() < 2) {
    std::fputs("kx exec: no family or no program given (see 'kx exec --help')\n", stderr);
    return exit_failure_of_kx;
  }
  const auto id = parse_id(rest[0]);
  if (!id) {
    return report(id.error());
  }
  if (id->pid != 0) {
    return report(hv::make_error(hv::ErrorKind::Usage, "exec: ", rest[0], " is a process; programs run in a family")
                      .with_cure("give the part before the dot"));
  }
  if (!workdir.empty() && workdir[0] != '/') {
    return report(hv::make_error(hv::ErrorKind::Usage, "exec: --workdir ", workdir, ": not an absolute path"));
  }
  const auto status = execute(*id, workdir, {rest.begin() + 1, rest.end()}, merged_environment(environ, changes));
  if (!status) {
    return report(status.error());
  }
  return WIFSIGNALED(*status) ? 128 + WTERMSIG(*status) : WEXITSTATUS(*status);
}

}  // namespace kx::toolstack
