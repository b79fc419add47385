#include "hypervisor/updates/audit_log.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "hypervisor/text.hpp"

namespace kx::hv::libraries {

namespace {

std::string quoted(const std::string& text) {
  std::string plain = printable(text, ' ');
  std::replace(plain.begin(), plain.end(), '"', '\'');
  return '"' + plain + '"';
}

template <class List, class ToText>
std::string joined(const List& list, ToText&& to_text) {
  std::string text;
  for (const auto& each : list) {
    text += (text.empty() ? "" : ",") + to_text(each);
  }
  return text;
}

std::string build_id(const std::string& id) {
  return id.empty() ? "-" : id;
}

}  // namespace

std::string to_line(const AuditRecord& record) {
  const UpdateSubject& subject = record.subject;
  const std::string processes = joined(subject.processes, [](ProcessId pid) { return std::to_string(pid); });
  const std::string old = joined(subject.old_build_ids, build_id);
  return utc_text(record.time) + " user=" + std::to_string(record.user) + " family=" + std::to_string(record.family) +
         " pvm=" + (processes.empty() ? "-" : processes) + " action=" + record.action +
         " library=" + quoted(record.library) + " file=" + quoted(record.file) + " old=" + build_id(old) +
         " new=" + build_id(subject.new_build_id) + " result=" + quoted(record.result) + "\n";
}

Result<void> append(int fd, const AuditRecord& record) {
  const std::string line = to_line(record);
  ssize_t written = 0;
  do {
    written = ::write(fd, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(line.size())) {
    return Unexpected{written < 0 ? system_error("write the audit log")
                                  : system_error_from(EIO, "write the audit log")};
  }
  return {};
}

}  // namespace kx::hv::libraries
