// The audit log of a family (kx run --audit-log): a line for each attempt to change the libraries of its programs.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "hypervisor/error.hpp"
#include "hypervisor/process/process_table.hpp"

namespace kx::hv::libraries {

// Whom an update or rollback is for, and between which versions, as far as that was found out.
struct UpdateSubject {
  std::set<ProcessId> processes;
  std::set<std::string> old_build_ids;  // several if processes had different versions
  std::string new_build_id;
  std::set<std::size_t> hooks;  // where kx_lib_update ran: of how many variables it was told
};

struct AuditRecord {
  std::int64_t time = 0;  // CLOCK_REALTIME, seconds
  uid_t user = 0;         // who asked
  pid_t family = 0;
  std::string action;   // "update", "rollback"
  std::string library;  // as it was asked for
  std::string file;     // of the new version; empty: none was given
  UpdateSubject subject;
  std::string result;  // "done", or why not
};

// One line, ended by a newline, of printable characters: what stands between quotes has none in it.
std::string to_line(const AuditRecord& record);

// Appends the line, whole. Errors: those of writing.
Result<void> append(int fd, const AuditRecord& record);

}  // namespace kx::hv::libraries
