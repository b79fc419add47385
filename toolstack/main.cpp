// The `kx` command: finds the verb and hands the rest over.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "toolstack/verbs.hpp"

namespace kx::toolstack {
namespace {

constexpr std::array all_verbs{
    Verb{"run", "run a program as a process-like virtual machine", run_verb},
    Verb{"ps", "show the running families and their processes", ps_verb},
    Verb{"kill", "send a signal to a process, or to all of a family", kill_verb},
    Verb{"stats", "print the counters of a running process or family", stats_verb},
    Verb{"exec", "run a program in a running family", exec_verb},
    Verb{"lib", "show, replace and sign libraries", lib_verb},
    Verb{"check", "say whether this machine can run pVMs, and what to do if not", check_verb},
    Verb{"version", "print the version", version_verb},
    Verb{"completion", "print the completion script for a shell (bash, zsh)", completion_verb},
};

void print_help() {
  std::puts(
      "kx runs unmodified Linux programs as process-like virtual machines (pVMs) on KVM.\n"
      "\n"
      "Usage: kx VERB [OPTION...] [ARGUMENT...]\n"
      "\n"
      "Verbs:");
  print_summaries(all_verbs);
  std::puts(
      "\n"
      "Examples:\n"
      "  kx run -- ls -l /usr                     the host's files, read-only\n"
      "  kx run --rw . -- sqlite3 notes.db        the current directory writable\n"
      "  kx run --root /srv/debian -- /bin/sh     another root file system\n"
      "  kx ps                                    what runs, and its IDs\n"
      "  kx check                                 can this machine run pVMs?\n"
      "\n"
      "'kx VERB --help' explains a verb; kx(1) has the whole manual.");
}

}  // namespace

int report(const hv::Error& error) {
  std::fprintf(stderr, "kx: %s\n", error.message().c_str());
  return error.exit_status();
}

std::optional<int> parse_arguments(CLI::App& app, std::vector<std::string> arguments) {
  try {
    std::ranges::reverse(arguments);  // CLI11 takes a vector's arguments from its back
    app.parse(std::move(arguments));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    std::ranges::replace(text, '\n', ' ');
    std::fprintf(stderr, "%s: %s (see '%s --help')\n", app.get_name().c_str(), text.c_str(), app.get_name().c_str());
    return exit_failure_of_kx;
  }
}

namespace {

int dispatch(std::vector<std::string> arguments) {
  const VerbTable table{"kx", "verb", all_verbs, print_help};
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.insert(arguments.empty() ? arguments.end() : arguments.begin() + 1, "--help");
  } else if (!arguments.empty() && arguments.front() == "--version") {
    arguments.front() = "version";
  }
  return run_named(table, std::move(arguments));
}

// Output that did not reach its reader is a failure: `kx check > /dev/full` must not look like success.
int flush_output(int status) {
  if (std::fflush(stdout) != 0 && status == 0) {
    return report(hv::system_error("write to standard output"));
  }
  return status;
}

}  // namespace
}  // namespace kx::toolstack

int main(int argc, char** argv) {
  return kx::toolstack::flush_output(kx::toolstack::dispatch({argv + std::min(argc, 1), argv + argc}));
}
