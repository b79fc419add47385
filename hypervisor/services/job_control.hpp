// What the services ask about the process that calls: its group and session, the group in the foreground of the
// terminal, its use of the processor.
#pragma once

#include <sys/resource.h>

#include <cstdint>

namespace kx::hv {

class JobControl {
 public:
  virtual ~JobControl() = default;

  [[nodiscard]] virtual std::int32_t group() = 0;
  [[nodiscard]] virtual std::int32_t session() = 0;
  // Of the terminal that kx was started on, as the family sees it.
  [[nodiscard]] virtual std::int32_t foreground_group() = 0;
  // False: no such group in the caller's session.
  virtual bool set_foreground_group(std::int32_t group) = 0;
  // Processor time and the rest of getrusage(2), of this pVM's threads.
  [[nodiscard]] virtual rusage usage() = 0;
};

}  // namespace kx::hv
