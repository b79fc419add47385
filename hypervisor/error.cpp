#include "hypervisor/error.hpp"

#include <cstring>

namespace kx::hv {

std::string Error::message() const {
  std::string text = what;
  if (errno_value != 0) {
    // strerrordesc_np is thread-safe and always English, so messages can be searched for.
    const char* description = ::strerrordesc_np(errno_value);
    text += ": ";
    text += description != nullptr ? description : "error " + std::to_string(errno_value);
  }
  if (!cure.empty()) {
    text += " (" + cure + ")";
  }
  return text;
}

int Error::exit_status() const {
  switch (kind) {
    case ErrorKind::NotFound:
      return 127;
    case ErrorKind::NotExecutable:
      return 126;
    case ErrorKind::System:
    case ErrorKind::Usage:
    case ErrorKind::NoKvm:
    case ErrorKind::Unsupported:
    case ErrorKind::OutOfMemory:
      break;
  }
  return 125;
}

}  // namespace kx::hv
