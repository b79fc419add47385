// `kx run`: runs a program as a pVM, on this machine's KVM or in the software lane.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <climits>
#include <cstdio>

#include "hypervisor/family.hpp"
#include "toolstack/lane.hpp"
#include "toolstack/run_options.hpp"
#include "toolstack/verbs.hpp"

namespace kx::toolstack {
namespace {

constexpr const char* examples =
    "The program sees the host's files read-only, with a private, empty /tmp, unless --root says otherwise.\n"
    "Options end at PROGRAM: what follows belongs to it.\n"
    "\n"
    "Exit status: the program's own, 128 + N if signal N ended it; 127 if it was not found, 126 if it cannot be\n"
    "executed, 125 if kx itself failed.\n"
    "\n"
    "Examples:\n"
    "  kx run -- ls -l /usr\n"
    "  kx run --rw . -- sqlite3 data.db 'pragma integrity_check'\n"
    "  kx run --volume ./src:/src:ro --workdir /src -- ls -l\n"
    "  kx run --stats --memory 512M -- python3 -c 'print(1)'\n"
    "  kx run --network none --publish 8080:80/tcp -- python3 -m http.server 80\n"
    "  kx run --strace=trace.txt -- ls";

// CLI11 does not know of the program and its arguments, which are split off before it parses.
class RunFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return "Usage: kx run [OPTION...] [--] PROGRAM [ARGUMENT...]\n";
  }
};

// The texts of the options whose values need a second look once all is parsed.
struct RawValues {
  std::vector<std::string> volumes;
  std::string memory;
  std::string user;
  std::string lane = "auto";
  std::string processors;
  std::string network = "host";
  std::vector<std::string> published;
  std::vector<std::string> name_servers;
  std::string library_policy;
  std::optional<std::string> components;
};

void add_options(CLI::App& app, RunOptions& options, RawValues& raw) {
  app.footer(examples);
  app.formatter(std::make_shared<RunFormatter>());
  const auto take_all = CLI::MultiOptionPolicy::TakeAll;
  const auto take_last = CLI::MultiOptionPolicy::TakeLast;
  app.add_option("--root", options.root, "host directory that becomes /, read-only (default: the host's /)")
      ->type_name("DIR")
      ->multi_option_policy(take_last);
  app.add_option("-v,--volume", raw.volumes, "show a host file or directory at DST; repeatable")
      ->type_name("SRC:DST[:ro]")
      ->expected(1)
      ->multi_option_policy(take_all);
  app.add_option("--rw", options.rw_paths, "make a host path writable at the same place, under /tmp too; repeatable")
      ->type_name("PATH")
      ->expected(1)
      ->multi_option_policy(take_all);
  app.add_option("-e,--env", options.environment, "set an environment variable; K alone removes it; repeatable")
      ->type_name("K=V")
      ->expected(1)
      ->multi_option_policy(take_all);
  app.add_option("-w,--workdir", options.workdir, "working directory (default: the current one if it is visible, or /)")
      ->type_name("DIR")
      ->multi_option_policy(take_last);
  app.add_option("-m,--memory", raw.memory, "limit of memory for each pVM: 512M, 2G")
      ->type_name("SIZE")
      ->multi_option_policy(take_last);
  app.add_option("--pids-max", options.process_limit, "limit of processes in the family; fork fails with EAGAIN beyond")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20))
      ->multi_option_policy(take_last);
  app.add_option("--cpus", raw.processors, "how many of the host's processors the family may use")
      ->type_name("N")
      ->multi_option_policy(take_last);
  app.add_flag("--trust-family", options.trust_family,
               "let relatives write each other's memory: no walls inside the family");
  app.add_option("-u,--user", raw.user, "run with this identity; needs root")
      ->type_name("UID:GID")
      ->multi_option_policy(take_last);
  app.add_option("--hostname", options.hostname, "host name that the program sees")
      ->type_name("NAME")
      ->multi_option_policy(take_last);
  app.add_option("--network", raw.network,
                 "host: the host's (default); none: one of the family's own, loopback only; or a network namespace, by "
                 "name or path")
      ->type_name("NETWORK")
      ->multi_option_policy(take_last);
  app.add_option("-p,--publish", raw.published,
                 "connect a port of the host to one of the family's own network; repeatable")
      ->type_name("[ADDRESS:]HOST:GUEST[/tcp]")
      ->expected(1)
      ->multi_option_policy(take_all);
  app.add_option("--dns", raw.name_servers, "name server to put into /etc/resolv.conf, an address; repeatable")
      ->type_name("ADDRESS")
      ->expected(1)
      ->multi_option_policy(take_all);
  app.add_option("--library-policy", raw.library_policy,
                 "which programs and libraries the family may execute: a TOML file, see kx(1)")
      ->type_name("FILE")
      ->multi_option_policy(take_last);
  app.add_option("--audit-log", options.audit_log,
                 "append a line for each update, rollback and refused one of a library to this file")
      ->type_name("FILE")
      ->multi_option_policy(take_last);
  app.add_option("--components", raw.components,
                 "which components of the library OS the family may use, by name, with commas; see kx(1)")
      ->type_name("LIST")
      ->multi_option_policy(take_last);
  app.add_option("--strace", options.strace_path, "print each system call and its result (default: to stderr)")
      ->type_name("[=FILE]")
      ->expected(0, 1)
      ->default_str("")
      ->multi_option_policy(take_last);
  app.add_flag("--stats", options.stats, "print start-up phases, system calls, faults and memory at the end");
  app.add_option("--lane", raw.lane,
                 "auto: this machine's KVM if usable, else software; kvm; software: KVM in an emulator, slow")
      ->type_name("LANE")
      ->multi_option_policy(take_last);
}

hv::Result<Lane> parse_lane(const std::string& text) {
  if (text == "auto") {
    return Lane::Auto;
  }
  if (text == "kvm") {
    return Lane::Kvm;
  }
  if (text == "software") {
    return Lane::Software;
  }
  return Unexpected{hv::make_error(hv::ErrorKind::Usage, "--lane: '", text, "' is not auto, kvm or software")};
}

hv::Result<void> interpret_network(const RawValues& raw, RunOptions& options) {
  KX_TRY_ASSIGN(options.network, parse_network(raw.network));
  for (const std::string& text : raw.published) {
    KX_TRY_ASSIGN(hv::PublishedPort port, parse_published(text));
    options.network.published.push_back(std::move(port));
  }
  for (const std::string& text : raw.name_servers) {
    KX_TRY_ASSIGN(std::string address, parse_name_server(text));
    options.network.name_servers.push_back(std::move(address));
  }
  if (!options.network.published.empty() && options.network.kind == hv::NetworkConfig::Kind::Host) {
    return Unexpected{hv::make_error(hv::ErrorKind::Usage, "--publish: the family is in the host's network")
                          .with_cure("its ports are the host's already; or use --network none")};
  }
  return {};
}

hv::Result<void> interpret(const RawValues& raw, RunOptions& options) {
  for (const std::string& text : raw.volumes) {
    KX_TRY_ASSIGN(hv::Volume volume, parse_volume(text));
    options.volumes.push_back(std::move(volume));
  }
  KX_TRY_ASSIGN(options.lane, parse_lane(raw.lane));
  if (!raw.memory.empty()) {
    KX_TRY_ASSIGN(options.memory_limit, parse_size(raw.memory));
  }
  if (!raw.processors.empty()) {
    KX_TRY_ASSIGN(options.processors, parse_processors(raw.processors));
  }
  if (!raw.user.empty()) {
    KX_TRY_ASSIGN(const UserAndGroup user, parse_user(raw.user));
    options.uid = user.uid;
    options.gid = user.gid;
  }
  KX_TRY(interpret_network(raw, options));
  if (!raw.library_policy.empty()) {
    KX_TRY_ASSIGN(options.library_policy, hv::libraries::LibraryPolicy::load(raw.library_policy));
  }
  if (raw.components) {
    KX_TRY_ASSIGN(options.components, parse_components(*raw.components));
  }
  for (const std::string& variable : options.environment) {
    if (variable.empty() || variable[0] == '=') {
      return Unexpected{hv::make_error(hv::ErrorKind::Usage, "--env: '", variable, "' has no name")};
    }
  }
  return {};
}

bool kvm_is_usable() {
  const hv::UniqueFd kvm(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  return kvm.is_open();
}

// A stream that the caller closed becomes one that refuses, so that the lane's sockets do not take its place.
void occupy_closed_streams() {
  for (int fd = 0; fd < 3; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) {
      (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // gets the lowest free number
    }
  }
}

// The same command once more, inside the emulated machine, which shows the host's files under the same names.
int run_in_lane(const std::vector<std::string>& arguments) {
  occupy_closed_streams();
  std::array<char, PATH_MAX> self{};
  const ssize_t length = ::readlink("/proc/self/exe", self.data(), self.size());
  if (length < 0) {
    return report(hv::system_error("find the kx executable through /proc/self/exe"));
  }
  std::vector<std::string> command{std::string(self.data(), static_cast<std::size_t>(length)), "run"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto status = lane::run_in_software_lane(lane::request_like_this_process(std::move(command)));
  if (!status) {
    std::fprintf(stderr, "kx: %s\n", status.error().message.c_str());
    return exit_failure_of_kx;
  }
  return status.value();
}

}  // namespace

int run_verb(std::vector<std::string> arguments) {
  RunOptions options;
  RawValues raw;
  CLI::App app("Runs a program as a process-like virtual machine.", "kx run");
  add_options(app, options, raw);

  const auto program = arguments.begin() + static_cast<std::ptrdiff_t>(find_program(app, arguments));
  const std::vector<std::string> own_arguments(arguments.begin(), program);
  if (const auto status = parse_arguments(app, own_arguments)) {
    return *status;
  }
  if (app.count("--strace") > 0 && !options.strace_path) {
    options.strace_path = "";
  }
  if (const auto interpreted = interpret(raw, options); !interpreted) {
    return report(interpreted.error());
  }
  if (program == arguments.end()) {
    std::fputs("kx run: no program given (see 'kx run --help')\n", stderr);
    return exit_failure_of_kx;
  }
  options.program = *program;
  options.arguments.assign(program + 1, arguments.end());

  if (options.lane == Lane::Auto && !kvm_is_usable()) {
    std::fprintf(stderr, "kx: %s; using the software lane, which is slow\n",
                 hv::system_error("/dev/kvm").message().c_str());
    options.lane = Lane::Software;
  }
  if (options.lane == Lane::Software) {
    if (!options.network.published.empty()) {
      return report(hv::make_error(hv::ErrorKind::Unsupported, "--publish: the software lane has a network of its own")
                        .with_cure("a machine with KVM can do it"));
    }
    std::vector<std::string> command = own_arguments;
    command.insert(command.end(), {"--lane=kvm", "--", options.program});
    command.insert(command.end(), options.arguments.begin(), options.arguments.end());
    return run_in_lane(command);
  }
  return hv::run_family(to_family_config(options, environ));
}

}  // namespace kx::toolstack
