#include "process/process_info.hpp"

namespace kx::libos {

namespace {
ProcessInfo info;
}

ProcessInfo& ProcessInfo::instance() {
  return info;
}

}  // namespace kx::libos
