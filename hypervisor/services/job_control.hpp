// What terminals ask about the process that calls: its group and session, and the group in the foreground.
#pragma once

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
};

}  // namespace kx::hv
