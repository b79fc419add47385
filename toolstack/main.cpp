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
  for (const Verb& verb : all_verbs) {
    std::printf("  %-12.*s%.*s\n", static_cast<int>(verb.name.size()), verb.name.data(),
                static_cast<int>(verb.summary.size()), verb.summary.data());
  }
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

std::span<const Verb> verbs() {
  return all_verbs;
}

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
  if (arguments.empty()) {
    std::fputs("kx: no verb given (see 'kx --help')\n", stderr);
    return exit_failure_of_kx;
  }
  const std::string verb_name = arguments.front();
  arguments.erase(arguments.begin());
  if (verb_name == "--help" || verb_name == "-h" || verb_name == "help") {
    if (verb_name == "help" && !arguments.empty()) {
      return dispatch({arguments.front(), "--help"});
    }
    print_help();
    return 0;
  }
  const auto found = std::ranges::find(all_verbs, verb_name == "--version" ? "version" : verb_name, &Verb::name);
  if (found == all_verbs.end()) {
    std::fprintf(stderr, "kx: '%s' is not a verb of kx (see 'kx --help')\n", verb_name.c_str());
    return exit_failure_of_kx;
  }
  return found->run(std::move(arguments));
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
