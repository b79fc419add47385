// `kx kill` and `kx stats`: one request to one family.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "toolstack/family_client.hpp"
#include "toolstack/verbs.hpp"

namespace kx::toolstack {
namespace {

constexpr int last_signal = 64;

constexpr const char* kill_text =
    "Sends a signal to a process, FAMILY.PID, or to every process of a family, FAMILY. See kx ps for the IDs.\n"
    "\n"
    "Usage: kx kill [-SIGNAL] ID...\n"
    "\n"
    "SIGNAL is a number or a name: -9, -KILL, -SIGKILL. Without it, it is TERM. 0 only asks whether the ID exists.\n"
    "\n"
    "Examples:\n"
    "  kx kill 4711            ask a family to end\n"
    "  kx kill -KILL 4711.5    end one of its processes";

// "9", "KILL", "SIGKILL", "RTMIN" and "RTMAX" aside.
std::optional<int> parse_signal(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size()) {
    return number >= 0 && number <= last_signal ? std::optional(number) : std::nullopt;
  }
  if (text.starts_with("SIG")) {
    text.remove_prefix(3);
  }
  for (number = 1; number <= last_signal; ++number) {
    if (const char* name = ::sigabbrev_np(number); name != nullptr && text == name) {
      return number;
    }
  }
  return std::nullopt;
}

// A stopped family serves nobody. What the host can do for it: let it go on, or end it.
bool signal_stopped_family(const Id& id, int signal) {
  if (id.pid != 0 || (signal != SIGCONT && signal != SIGKILL) || !is_stopped(id.family)) {
    return false;
  }
  return ::kill(id.family, signal) == 0;
}

hv::Result<void> send_signal(const Id& id, int signal) {
  KX_TRY_ASSIGN(auto client, FamilyClient::find(id.family));
  if (signal_stopped_family(id, signal)) {
    return {};
  }
  KX_TRY(client.send(make_request(hv::control::Verb::Signal, id.pid, signal)));
  if (const auto answer = client.receive(); !answer) {
    // The family may end by the signal before it has answered.
    if (answer.error().errno_value != ECONNRESET) {
      return Unexpected{answer.error()};
    }
  }
  return {};
}

hv::Result<void> print_statistics(const Id& id) {
  KX_TRY_ASSIGN(auto client, FamilyClient::find(id.family));
  KX_TRY(client.send(make_request(hv::control::Verb::Stats, id.pid)));
  for (;;) {
    KX_TRY_ASSIGN(const FamilyClient::Answer answer, client.receive());
    if (answer.kind != hv::control::Answer::Text) {
      return {};
    }
    std::fwrite(answer.text.data(), 1, answer.text.size(), stdout);
  }
}

}  // namespace

int kill_verb(std::vector<std::string> arguments) {
  int signal = SIGTERM;
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
    std::puts(kill_text);
    return 0;
  }
  if (!arguments.empty() && arguments[0].size() > 1 && arguments[0][0] == '-' && arguments[0] != "--") {
    const auto given = parse_signal(std::string_view(arguments[0]).substr(1));
    if (!given) {
      return report(hv::make_error(hv::ErrorKind::Usage, "kill: '", arguments[0], "' is not a signal")
                        .with_cure("a number or a name: -9, -KILL"));
    }
    signal = *given;
    arguments.erase(arguments.begin());
  }
  if (!arguments.empty() && arguments[0] == "--") {
    arguments.erase(arguments.begin());
  }
  if (arguments.empty()) {
    std::fputs("kx kill: no ID given (see 'kx kill --help')\n", stderr);
    return exit_failure_of_kx;
  }
  int status = 0;
  for (const std::string& text : arguments) {
    const auto id = parse_id(text);
    const auto done = id ? send_signal(*id, signal) : hv::Result<void>(Unexpected{id.error()});
    if (!done) {
      report(done.error());
      status = 1;
    }
  }
  return status;
}

int stats_verb(std::vector<std::string> arguments) {
  CLI::App app(
      "Prints the counters of a running process (FAMILY.PID), or of a whole family so far (FAMILY): system calls by "
      "where\n"
      "they were served, faults, memory, and what KVM counted. They are those of 'kx run --stats'.",
      "kx stats");
  std::string text;
  app.add_option("ID", text, "FAMILY or FAMILY.PID, as kx ps shows it")->required();
  if (const auto status = parse_arguments(app, std::move(arguments))) {
    return *status;
  }
  const auto id = parse_id(text);
  const auto done = id ? print_statistics(*id) : hv::Result<void>(Unexpected{id.error()});
  return done ? 0 : report(done.error());
}

}  // namespace kx::toolstack
