// Error: what the environment refused, in words that a user can act on.
#pragma once

#include <cerrno>
#include <concepts>
#include <cstdint>
#include <kx/base/result.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace kx::hv {

// Why something failed, as far as the caller acts on it; errno_value has the detail.
enum class ErrorKind : std::uint8_t {
  System,         // a system call failed
  Usage,          // the user asked for something that makes no sense
  NotFound,       // the program to run does not exist
  NotExecutable,  // the program exists and cannot be run: not an ELF, no permission, another architecture
  NoKvm,          // this machine cannot run a pVM in this lane
  Unsupported,    // the kernel lacks something needed
  OutOfMemory,    // more memory asked for than there is, or than the limit allows
};

// A failure of the environment. Faults of the guest and bugs of our own are never reported this way.
struct Error {
  ErrorKind kind = ErrorKind::System;
  int errno_value = 0;  // 0 when no system call was involved
  std::string what;     // what was tried, naming the thing: "open /dev/kvm"
  std::string cure{};   // what the user can do about it; empty when unknown

  // One line: what was tried, the cause, and the cure where one is known. No trailing newline.
  [[nodiscard]] std::string message() const;

  // The status the kx process ends with: 127 not found, 126 not executable, 125 for all else, as env(1) and
  // docker-run(1) do.
  [[nodiscard]] int exit_status() const;

  [[nodiscard]] Error with_cure(std::string text) && {
    cure = std::move(text);
    return std::move(*this);
  }
};

template <class T>
using Result = kx::Result<T, Error>;

namespace detail {
inline void append_part(std::string& text, std::string_view part) {
  text += part;
}
template <std::integral T>
void append_part(std::string& text, T number) {
  text += std::to_string(number);
}
}  // namespace detail

// An Error of the given kind; the parts (strings, integers) say what was tried or what is wrong.
template <class... Parts>
[[nodiscard]] Error make_error(ErrorKind kind, const Parts&... parts) {
  std::string what;
  (detail::append_part(what, parts), ...);
  return Error{kind, 0, std::move(what)};
}

// An Error from errno, to be called right after the system call that failed: system_error("open ", path).
template <class... Parts>
[[nodiscard]] Error system_error(const Parts&... parts) {
  const int saved_errno = errno;
  Error error = make_error(ErrorKind::System, parts...);
  error.errno_value = saved_errno;
  return error;
}

// As system_error, for interfaces that return the error number instead of setting errno.
template <class... Parts>
[[nodiscard]] Error system_error_from(int errno_value, const Parts&... parts) {
  Error error = make_error(ErrorKind::System, parts...);
  error.errno_value = errno_value;
  return error;
}

}  // namespace kx::hv
