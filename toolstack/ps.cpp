// `kx ps`: the running families and their processes, as trees.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "toolstack/family_client.hpp"
#include "toolstack/verbs.hpp"

namespace kx::toolstack {
namespace {

using hv::control::ProcessRecord;
using hv::control::ProcessState;

constexpr const char* examples =
    "Families of this user, or of all users for root. ID is what kill, stats and exec take: FAMILY for a family and "
    "its\n"
    "first process, FAMILY.PID for each other process. (FAMILY.2 is the first process alone.)\n"
    "\n"
    "STATE: running, sleeping (waits for something), stopped, zombie (ended, and its parent has not asked yet)\n"
    "PRIVATE, SHARED: memory of its own, and memory it shares with the relative it was forked from, in KiB\n"
    "TIME: processor time in seconds; THR: threads";

struct Process {
  ProcessRecord record;
  std::string command;
};

// The processes of a family by number.
using Family = std::map<std::int32_t, Process>;

hv::Result<std::optional<Family>> ask(const FamilySocket& socket) {
  KX_TRY_ASSIGN(auto client, FamilyClient::connect(socket));
  if (!client) {
    return std::optional<Family>();
  }
  KX_TRY(client->send(make_request(hv::control::Verb::List)));
  Family family;
  for (;;) {
    KX_TRY_ASSIGN(const FamilyClient::Answer answer, client->receive());
    if (answer.kind != hv::control::Answer::Process) {
      return std::optional<Family>(std::move(family));
    }
    family[answer.record.pid] = {answer.record, printable(answer.text)};
  }
}

const char* state_name(std::uint32_t state) {
  switch (static_cast<ProcessState>(state)) {
    case ProcessState::Running:
      return "running";
    case ProcessState::Sleeping:
      return "sleeping";
    case ProcessState::Stopped:
      return "stopped";
    case ProcessState::Zombie:
      return "zombie";
  }
  return "?";
}

constexpr std::int32_t first_process = 2;

void print_line(hv::control::FamilyId id, const Process& process, int depth) {
  const ProcessRecord& record = process.record;
  const std::string name = record.pid == first_process ? std::to_string(id) : fmt::format("{}.{}", id, record.pid);
  fmt::print("{:<14} {:>6} {:<8} {:>9} {:>9} {:>9.2f} {:>4} {:>{}}{}\n", name, record.uid, state_name(record.state),
             record.private_size >> 10, record.inherited_size >> 10,
             static_cast<double>(record.processor_time_us) / 1e6, record.threads, "", 2 * depth, process.command);
}

// Deeper than anybody reads; a cycle, which only a faulty family could report, ends too.
constexpr int deepest = 64;

void print_children(hv::control::FamilyId id, const Family& family, std::int32_t parent, int depth) {
  for (const auto& [pid, process] : family) {
    const bool orphan = !family.contains(process.record.parent);
    if (parent == 1 ? orphan : process.record.parent == parent) {
      print_line(id, process, depth);
      if (depth < deepest) {
        print_children(id, family, pid, depth + 1);
      }
    }
  }
}

}  // namespace

int ps_verb(std::vector<std::string> arguments) {
  CLI::App app("Shows the running families and their processes.", "kx ps");
  app.footer(examples);
  if (const auto status = parse_arguments(app, std::move(arguments))) {
    return *status;
  }
  int status = 0;
  fmt::print("{:<14} {:>6} {:<8} {:>9} {:>9} {:>9} {:>4} {}\n", "ID", "UID", "STATE", "PRIVATE", "SHARED", "TIME",
             "THR", "COMMAND");
  for (const FamilySocket& socket : find_sockets()) {
    const auto family = ask(socket);
    if (family && *family) {
      print_children(socket.id, **family, 1, 0);
    } else if (!family && is_stopped(socket.id)) {
      fmt::print("{:<14} {:>6} {:<8} {:>9} {:>9} {:>9} {:>4} {}\n", socket.id, "-", "stopped", "-", "-", "-", "-", "-");
    } else if (!family && family.error().errno_value != ECONNRESET) {  // that one has ended meanwhile
      std::fflush(stdout);
      status = report(family.error());
    }
  }
  return status;
}

}  // namespace kx::toolstack
