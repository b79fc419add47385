// Lists and replaces the shared libraries of running programs: kx lib list, update and rollback.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/libraries/pairing.hpp"
#include "hypervisor/process/process_table.hpp"
#include "hypervisor/unique_fd.hpp"
#include "hypervisor/updates/audit_log.hpp"
#include "hypervisor/updates/history.hpp"
#include "hypervisor/updates/update_target.hpp"

namespace kx::hv {

class Family;

namespace libraries {

struct UpdateRequest {
  ProcessId pid = 0;         // 0: all of the family
  std::string old_name;      // a path, a file name or a build-id
  std::string old_build_id;  // of the file with that name; empty: unknown
  UniqueFd fd;               // the new version's file
  std::string new_name;
  std::string signature;  // the text of the one beside it; empty: there is none
  bool dry_run = false;
  std::uint64_t timeout_ns = 0;
  std::string fail_at;                 // for tests: the step that is to fail; empty: none
  bool has_debug_information = false;  // the new version, says who asks
  // Has the debug information of a version read, and waits for that. Empty: there is nobody who does.
  std::function<Layouts(const LibraryVersion&)> read_layouts;
};

// Steps that UpdateRequest::fail_at may name.
inline constexpr const char* update_steps[] = {"read", "map", "prepare", "exchange", "hold", "hook", "apply"};

}  // namespace libraries

// Used by one thread at a time.
class LibraryUpdates {
 public:
  explicit LibraryUpdates(Family& family) : family_(family) {}

  // A table of the libraries of one process, or of all, of printable text. Errors: there is none; it does not answer.
  Result<std::string> list(ProcessId pid);

  // What was done, for the operator. Errors: whatever stood in the way; then the programs are as they were.
  Result<std::string> update(libraries::UpdateRequest request);
  // Back to the version before the last update of the library with this name.
  Result<std::string> roll_back(libraries::UpdateRequest request);

  // What the last of these two was about, whatever became of it.
  [[nodiscard]] const libraries::UpdateSubject& subject() const { return subject_; }

 private:
  // Whether the family has the component that carries updates out.
  [[nodiscard]] Result<void> check_allowed() const;
  Result<std::vector<std::shared_ptr<Pvm>>> programs(ProcessId pid);
  libraries::History& history_of(ProcessId pid);
  void forget_ended();
  struct Attempt {
    const libraries::UpdateRequest& request;
    const libraries::VersionRef& version;
    std::vector<std::shared_ptr<Pvm>> list;  // the processes it is for
    std::uint64_t begin_ns = 0, deadline_ns = 0;
    bool has_read = false;      // debug information
    bool begins_again = false;  // as it took its time: what was found of the programs before may not hold any more
  };
  Result<std::string> run(const libraries::UpdateRequest& request, const libraries::VersionRef& version);
  Result<std::string> try_once(Attempt& attempt);
  bool is_whole(const Attempt& attempt);
  Result<void> hold_and_apply(std::vector<std::unique_ptr<libraries::UpdateTarget>>& targets, bool alone,
                              const Attempt& attempt);
  // Has kx_lib_update called in all that are held, and waits for it.
  static Result<void> call_hooks(std::vector<std::unique_ptr<libraries::UpdateTarget>>& targets,
                                 const Attempt& attempt);
  const libraries::Pairing& pairing(const libraries::VersionRef& from, Attempt& attempt);
  using LayoutsRef = std::shared_ptr<const libraries::Layouts>;
  LayoutsRef layouts_of(const libraries::VersionRef& version, const libraries::UpdateRequest& request);

  Family& family_;
  std::map<ProcessId, libraries::History> histories_;
  struct Paired {
    libraries::VersionRef from, to;
    libraries::Pairing pairing;
    bool compared = false;  // by debug information; if there was some but it failed:
    bool failed = false;
  };
  std::list<Paired> pairings_;  // the last few
  // What was read last. It may be large, and pairings are what is used again.
  std::deque<std::pair<libraries::VersionRef, LayoutsRef>> layouts_;
  std::deque<libraries::VersionRef> versions_;
  libraries::UpdateSubject subject_;
};

}  // namespace kx::hv
