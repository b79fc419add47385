// What has become of the libraries of running programs: versions, and updates so far.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hypervisor/libraries/guard.hpp"
#include "hypervisor/libraries/pairing.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::libraries {

bool is_same_file(const struct stat& a, const struct stat& b);

// One version of a library. What was read, what a policy judges and what programs map is one content, sealed.
struct LibraryVersion {
  UniqueFd fd;  // the file that it came from, which may have changed since
  LibraryOffer offer;
  ElfFile file;
  std::string name;       // the path it was given by
  struct stat status {};  // of the file whose content it is

  // Whether a file with this status has the same content.
  [[nodiscard]] bool is_content_of(const struct stat& file_status) const {
    return is_same_file(status, file_status) || offer.content->has_status(file_status);
  }
  // Takes the content if the offer has none, and reads it.
  Result<void> read();
};
using VersionRef = std::shared_ptr<LibraryVersion>;

// A version that is mapped in a program but not in use: the old one after an update, whose entries lead to the new one.
struct Retained {
  VersionRef version;
  std::uint64_t start = 0;  // of its mapping
  std::vector<Pair> redirected;
};

struct Change {
  std::string library;  // soname
  VersionRef from, to;
  std::int64_t time = 0;  // CLOCK_REALTIME, seconds
  std::uint64_t pause_ns = 0;
};
// What has become of one program's libraries.
struct History {
  std::uint64_t serial = 0;  // of the process
  std::vector<Retained> retained;
  std::vector<Change> changes;
  std::map<std::string, VersionRef> current;  // by soname
};

}  // namespace kx::hv::libraries
