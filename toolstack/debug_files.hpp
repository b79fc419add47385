// Finds the debug information of a library: in its own file, or in one that was split from it.
#pragma once

#include <memory>
#include <string>

#include "hypervisor/libraries/snapshot.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::toolstack {

// Files that nobody changes any more.
struct DebugFiles {
  // The one with the debug information; null: there is none. That of the library itself is `own`.
  std::shared_ptr<hv::libraries::Snapshot> file;
  bool own = false;
  std::shared_ptr<hv::libraries::Snapshot> shared;  // what several libraries have in common (dwz); null: there is none
  std::string problem;                              // why what was found cannot be used; empty: it can
  [[nodiscard]] bool exist() const { return own || file != nullptr || !problem.empty(); }
};

// Of the library behind `fd`, which was installed as `path`. `root`: where systems keep debug information. What the
// files name is looked for as gdb does: by build-id, then by the name of a link beside the library, in .debug there,
// and below `root`. A file counts only if its build-id, or its checksum, is the one that was named.
DebugFiles find_debug_files(int fd, const std::string& path, const std::string& root = "/usr/lib/debug");

}  // namespace kx::toolstack
