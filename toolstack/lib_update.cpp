// `kx lib list`, `update` and `rollback`: the libraries of running programs.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "hypervisor/libraries/elf_image.hpp"
#include "hypervisor/libraries/signing.hpp"
#include "toolstack/debug_files.hpp"
#include "toolstack/family_client.hpp"
#include "toolstack/layout_process.hpp"
#include "toolstack/lib.hpp"
#include "toolstack/string_file.hpp"
#include "toolstack/verbs.hpp"

namespace kx::toolstack {
namespace {

constexpr double default_timeout_s = 10;
constexpr double ns_per_s = 1e9;

hv::Result<void> print_answer(FamilyClient& client) {
  client.wait_patiently();
  for (;;) {
    KX_TRY_ASSIGN(FamilyClient::Answer answer, client.receive());
    if (answer.kind == hv::control::Answer::ReadLayouts && answer.descriptors.size() == 2) {
      write_layouts(installed_layout_reader(), answer.descriptors[0].get(), std::string(answer.text),
                    std::move(answer.descriptors[1]));
      continue;
    }
    if (answer.kind != hv::control::Answer::Text) {
      return {};
    }
    std::fwrite(answer.text.data(), 1, answer.text.size(), stdout);
  }
}

hv::Result<void> ask(const Id& id, hv::control::Request request, const std::vector<std::string>& strings,
                     int library_fd) {
  KX_TRY_ASSIGN(auto client, FamilyClient::find(id.family));
  std::string bytes;
  append_strings(bytes, strings);
  request.pid = id.pid;
  request.strings_size = bytes.size();
  KX_TRY_ASSIGN(const hv::UniqueFd file, write_string_file(bytes));
  std::vector<int> descriptors;
  if (library_fd >= 0) {
    descriptors.push_back(library_fd);
  }
  descriptors.push_back(file.get());
  KX_TRY(client.send(request, descriptors));
  return print_answer(client);
}

// 1: the family refused, or there is none.
int finish(const hv::Result<void>& done) {
  if (done) {
    return 0;
  }
  report(done.error());
  return 1;
}

// The build-id of a library's file; empty if there is no such file, or it has none.
std::string build_id_of(const std::string& path) {
  const hv::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    return {};
  }
  const auto file = hv::libraries::ElfFile::read(fd.get());
  return file ? file->build_id() : std::string();
}

// The text of a file's signature; empty if there is none. The family need not see it, and judges the text.
std::string signature_beside(const std::string& path) {
  const std::string beside = path + std::string(hv::libraries::signature_suffix);
  const auto text = hv::libraries::read_text(AT_FDCWD, beside, beside);
  return text ? text->substr(0, text->find('\0')) : std::string();
}

}  // namespace

int lib_list(std::vector<std::string> arguments) {
  CLI::App app(
      "Prints the shared libraries of a running process (FAMILY.PID), or of all of a family (FAMILY): where each is\n"
      "mapped, how many of the family's processes map the same file, its build-id, what it calls itself, and the key "
      "that\n"
      "a library policy found it signed by (\"unsigned\" if by none; \"-\" if nobody looked); then versions that were\n"
      "replaced and are kept for pointers to them, and the updates so far; then the components of the library OS,\n"
      "and which are mapped.",
      "kx lib list");
  std::string text;
  app.add_option("ID", text, "FAMILY or FAMILY.PID, as kx ps shows it")->required();
  if (const auto status = parse_arguments(app, std::move(arguments))) {
    return *status;
  }
  const auto id = parse_id(text);
  return id ? finish(ask(*id, make_request(hv::control::Verb::ListLibraries), {""}, -1)) : report(id.error());
}

int lib_update(std::vector<std::string> arguments) {
  CLI::App app(
      "Replaces a shared library of a running process (FAMILY.PID), or of all processes of a family (FAMILY), by a\n"
      "binary-compatible version, without stopping the program. All or nothing: whatever stands in the way is listed,\n"
      "and the programs are as they were. Variables of another layout are converted by the\n"
      "kx_lib_update of NEW, if it exports one; kx(1) has its rules. If both versions have debug\n"
      "information, the layouts of all types that have a name are compared by it.",
      "kx lib update");
  std::string text, old_name, new_name, fail_at;
  bool dry_run = false;
  double timeout_s = default_timeout_s;
  app.add_option("ID", text, "FAMILY or FAMILY.PID, as kx ps shows it")->required();
  app.add_option("OLD", old_name, "the loaded library: its path, file name or build-id")->required();
  app.add_option("NEW", new_name, "the file of the version that takes its place")->required();
  app.add_flag("--dry-run", dry_run, "only say whether it can be done");
  app.add_option("--timeout", timeout_s, "how long to wait until no thread is in the old version, in seconds")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  app.add_option("--fail-at", fail_at, "for tests: let this step fail")->group("");
  if (const auto status = parse_arguments(app, std::move(arguments))) {
    return *status;
  }
  const auto id = parse_id(text);
  if (!id) {
    return report(id.error());
  }
  const hv::UniqueFd file(::open(new_name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    return report(hv::system_error("open ", new_name));
  }
  hv::control::Request request = make_request(hv::control::Verb::UpdateLibrary);
  request.timeout_ns = static_cast<std::uint64_t>(timeout_s * ns_per_s);
  request.dry_run = dry_run ? 1 : 0;
  request.has_debug_information = find_debug_files(file.get(), new_name).exist() ? 1 : 0;
  return finish(
      ask(*id, request, {old_name, build_id_of(old_name), new_name, fail_at, signature_beside(new_name)}, file.get()));
}

int lib_rollback(std::vector<std::string> arguments) {
  CLI::App app(
      "Brings back the version of a library that was in use before its last update, in a running process (FAMILY.PID) "
      "or\n"
      "in all of a family (FAMILY).",
      "kx lib rollback");
  std::string text, name;
  double timeout_s = default_timeout_s;
  app.add_option("ID", text, "FAMILY or FAMILY.PID, as kx ps shows it")->required();
  app.add_option("LIBRARY", name, "its soname or file name")->required();
  app.add_option("--timeout", timeout_s, "how long to wait until no thread is in the present version, in seconds")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  if (const auto status = parse_arguments(app, std::move(arguments))) {
    return *status;
  }
  const auto id = parse_id(text);
  if (!id) {
    return report(id.error());
  }
  hv::control::Request request = make_request(hv::control::Verb::RollBackLibrary);
  request.timeout_ns = static_cast<std::uint64_t>(timeout_s * ns_per_s);
  return finish(ask(*id, request, {name}, -1));
}

}  // namespace kx::toolstack
