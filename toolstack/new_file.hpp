// Writes small files whole or not at all.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "hypervisor/error.hpp"

namespace kx::toolstack {

enum class ExistingFile : std::uint8_t { Refuse, Replace };

// Writes the text to a new file with this mode, as the umask has it, that takes the path when it is complete. Errors
// name the path; EEXIST if there is one that is not to be replaced.
hv::Result<void> write_new_file(const std::string& path, std::string_view text, mode_t mode, ExistingFile existing);

}  // namespace kx::toolstack
