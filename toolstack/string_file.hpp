// Strings for a family, as files that go along with a request (hypervisor/control/protocol.hpp).
#pragma once

#include <string>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::toolstack {

// Each ended by NUL.
void append_strings(std::string& bytes, const std::vector<std::string>& list);

// A memory file with these bytes.
hv::Result<hv::UniqueFd> write_string_file(const std::string& bytes);

}  // namespace kx::toolstack
