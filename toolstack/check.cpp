// `kx check`: says whether this machine can run pVMs, on which kind of KVM, and what to do if not.
#include "toolstack/check.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "toolstack/verbs.hpp"

namespace kx::toolstack {
namespace {

const char* word_for(Verdict verdict) {
  switch (verdict) {
    case Verdict::Good:
      return "ok";
    case Verdict::Slower:
      return "note";
    case Verdict::Missing:
      return "MISSING";
  }
  return "";
}

void print(const Section& section) {
  std::printf("%s\n", section.title.c_str());
  for (const Finding& finding : section.findings) {
    std::printf("  %-24s %-8s %s\n", finding.thing.c_str(), word_for(finding.verdict), finding.detail.c_str());
    if (!finding.cure.empty()) {
      std::printf("  %-24s %-8s -> %s\n", "", "", finding.cure.c_str());
    }
  }
}

}  // namespace

int check_verb(std::vector<std::string> arguments) {
  CLI::App app(
      "Says whether this machine can run pVMs, on which kind of KVM, and what to do about what is missing.\n"
      "Exit status: 0 if pVMs run on this machine's KVM, 1 if only in the software lane, 2 if in neither.",
      "kx check");
  if (const auto status = parse_arguments(app, std::move(arguments))) {
    return *status;
  }
  const Section kvm = probe_kvm();
  const Section isolation = probe_isolation();
  const Section memory = probe_memory();
  const Section software = probe_software_lane();
  for (const Section* section : {&kvm, &isolation, &memory, &software}) {
    print(*section);
  }
  // In the software lane the sandbox is made inside the emulated machine, whose kernel has what it needs.
  if (kvm.works() && isolation.works()) {
    std::puts("\npVMs run on this machine's KVM.");
    return 0;
  }
  if (software.works()) {
    std::puts("\npVMs run in the software lane only: correct, but slow.");
    return 1;
  }
  std::puts("\nThis machine cannot run pVMs: see the lines marked MISSING.");
  return 2;
}

}  // namespace kx::toolstack
