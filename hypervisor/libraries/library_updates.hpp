// Lists and replaces the shared libraries of running programs: kx lib list, update and rollback.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/libraries/pairing.hpp"
#include "hypervisor/libraries/program_view.hpp"
#include "hypervisor/process/process_table.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

class Family;

namespace libraries {

// One version of a library: its file, read, and what it is called.
struct LibraryVersion {
  UniqueFd fd;
  ElfFile file;
  std::string name;  // the path it was given by
  struct stat status {};
};
using VersionRef = std::shared_ptr<const LibraryVersion>;

// A version that is mapped in a program but not in use: the old one after an update, whose entries lead to the new one.
struct Retained {
  VersionRef version;
  std::uint64_t start = 0;  // of its mapping
  std::vector<Pair> redirected;
};

struct UpdateRequest {
  ProcessId pid = 0;         // 0: all of the family
  std::string old_name;      // a path, a file name or a build-id
  std::string old_build_id;  // of the file with that name; empty: unknown
  UniqueFd fd;               // the new version's file
  std::string new_name;
  bool dry_run = false;
  std::uint64_t timeout_ns = 0;
  std::string fail_at;  // for tests: the step that is to fail; empty: none
};

// Steps that UpdateRequest::fail_at may name.
inline constexpr const char* update_steps[] = {"read", "map", "prepare", "exchange", "hold", "apply"};

}  // namespace libraries

// Used by one thread at a time.
class LibraryUpdates {
 public:
  explicit LibraryUpdates(Family& family) : family_(family) {}

  // A table of the libraries of one process, or of all. Errors: there is none; it does not answer.
  Result<std::string> list(ProcessId pid);

  // What was done, for the operator. Errors: whatever stood in the way; then the programs are as they were.
  Result<std::string> update(libraries::UpdateRequest request);
  // Back to the version before the last update of the library with this name.
  Result<std::string> roll_back(ProcessId pid, const std::string& name, std::uint64_t timeout_ns);

 private:
  struct Change {
    std::string library;  // soname
    libraries::VersionRef from, to;
    std::int64_t time = 0;  // CLOCK_REALTIME, seconds
    std::uint64_t pause_ns = 0;
  };
  // What has become of one program's libraries.
  struct History {
    std::uint64_t serial = 0;  // of the process
    std::vector<libraries::Retained> retained;
    std::vector<Change> changes;
    std::map<std::string, libraries::VersionRef> current;  // by soname
  };
  class Target;

  Result<std::vector<std::shared_ptr<Pvm>>> programs(ProcessId pid);
  History& history_of(ProcessId pid);
  void forget_ended();
  Result<std::string> run(const libraries::UpdateRequest& request, libraries::VersionRef version);
  Result<void> hold_and_apply(std::vector<std::unique_ptr<Target>>& targets, std::uint64_t deadline_ns,
                              const std::string& fail_at);
  const libraries::Pairing& pairing(const libraries::VersionRef& from, const libraries::VersionRef& to);

  Family& family_;
  std::map<ProcessId, History> histories_;
  struct Paired {
    libraries::VersionRef from, to;
    libraries::Pairing pairing;
  };
  std::deque<Paired> pairings_;  // the last few
  std::deque<libraries::VersionRef> versions_;
};

}  // namespace kx::hv
