// KX_VERIFY: an invariant of our own code, checked in every build.
#pragma once

namespace kx {

// Provided by the hypervisor (reports and aborts) and by the library OS (panics through a host call).
[[noreturn]] void verify_failed(const char* expression, const char* file, int line);

}  // namespace kx

#define KX_VERIFY(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::kx::verify_failed(#condition, __FILE__, __LINE__))
