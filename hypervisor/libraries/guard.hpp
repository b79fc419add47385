// Guard: asks a family's policy about whatever its library OS is about to make executable, and says so if it refuses.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "hypervisor/error.hpp"
#include "hypervisor/libraries/policy.hpp"
#include "hypervisor/libraries/snapshot.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::libraries {

// What a guard knows of the machine.
struct GuardPlace {
  int proc_fd = -1;            // of a procfs, while the guard lives: its self/fd tells the paths of open files
  bool owners_hidden = false;  // in a user namespace, where all strangers are one
  // Where what is refused is told: a line. Called by any thread.
  std::function<void(const std::string&)> report;
};

struct GuardCounts {
  std::uint64_t asked = 0;
  std::uint64_t refused = 0;
  std::uint64_t warned = 0;  // what enforce would have refused
};

// Of a policy that is not off. Thread-safe.
class Guard {
 public:
  // Of the copies that are kept for whoever loads the same file next: their bytes, and how many; each is a descriptor.
  static constexpr std::uint64_t cache_size = 256ull << 20;
  static constexpr std::size_t cache_count = 1024;

  Guard(LibraryPolicy policy, GuardPlace place) : policy_(std::move(policy)), place_(std::move(place)) {}

  // Who loads: the program that was read from this file; -1: unknown.
  [[nodiscard]] LoadingProgram program_of(int fd) const;

  // May `program` execute what is in the file? If so a descriptor of its content, which nobody can change any more. If
  // not: EACCES in the error. In the mode `warn` always a descriptor, of the file itself if need be.
  Result<UniqueFd> check_file(int fd, const LoadingProgram& program);

  // May it make memory executable that is no file's content; `what` names it in the report.
  bool check_memory(const LoadingProgram& program, const char* what);
  // Whether it may at any time, without being asked.
  [[nodiscard]] bool is_jit(const LoadingProgram& program) const { return policy_.is_jit(program); }

  [[nodiscard]] GuardCounts counts() const;

 private:
  struct Cached {
    std::shared_ptr<Snapshot> snapshot;
    std::uint64_t last_use = 0;
  };

  [[nodiscard]] std::string path_of(int fd, const struct stat& status) const;
  [[nodiscard]] std::optional<uid_t> owner_of(const struct stat& status) const;
  Result<std::shared_ptr<Snapshot>> snapshot_of(int fd, struct stat& status);
  void keep(const FileState& state, std::shared_ptr<Snapshot> snapshot);
  [[nodiscard]] Signer signer_of(Snapshot& snapshot, const std::string& path) const;
  // True: refused. In the mode `warn` it is only told.
  bool refuse(const std::string& what, const LoadingProgram& program, const std::string& reason);

  LibraryPolicy policy_;
  GuardPlace place_;
  std::atomic<std::uint64_t> asked_ = 0, refused_ = 0, warned_ = 0;
  std::mutex mutex_;  // what follows
  std::map<FileState, Cached> cache_;
  std::uint64_t cached_size_ = 0;
  std::uint64_t uses_ = 0;
  std::set<std::string> told_;
};

}  // namespace kx::hv::libraries
