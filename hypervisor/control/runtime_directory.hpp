// Where the families of a user have their control sockets.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::control {

// A family is named by the process id of its kx.
using FamilyId = pid_t;

// The directory for the calling user: /run/kx for root, else $XDG_RUNTIME_DIR/kx, or /tmp/kx-UID without the variable.
std::string runtime_directory();

// Every directory the caller may look into: its own, and as root those of all users.
std::vector<std::string> all_runtime_directories();

// "4711" for 4711.sock; nothing for any other file.
std::optional<FamilyId> family_of_socket(std::string_view file_name);
std::string socket_name(FamilyId id);

// True if `path` is a directory, not a link, whose owner is the caller (or anybody, for root), and nobody else may
// write into it.
bool is_trustworthy(const std::string& path);

// A listening socket for this process in the runtime directory, which is made if it is missing.
// Errors: the directory is not the caller's own, or cannot be written.
Result<UniqueFd> listen_in(const std::string& directory);

}  // namespace kx::hv::control
