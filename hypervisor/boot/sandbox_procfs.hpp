// Keeps every procfs out of the view: its "self" is the hypervisor, whose memory and descriptors it would give away.
#pragma once

#include <string>
#include <string_view>

#include "hypervisor/error.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

// Usage error if `source`, a host path that `option` names, lies on a procfs.
Result<void> refuse_procfs(std::string_view option, const std::string& source);

// A procfs for our own use when the host shows none at /proc. Detached: nothing leads to it but the descriptor.
Result<UniqueFd> create_procfs();

bool is_procfs(int fd);

// Covers every procfs that can be reached from the process's root, by an empty and read-only directory or file. Call in
// the finished view; `proc_fd` is a procfs.
Result<void> cover_procfs_mounts(int proc_fd);

}  // namespace kx::hv
