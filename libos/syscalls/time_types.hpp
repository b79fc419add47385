// Times as the program's memory has them, and their conversion.
#pragma once

#include "process/clock.hpp"

namespace kx::libos {

struct Timespec {
  i64 seconds;
  i64 nanoseconds;
};
struct Timeval {
  i64 seconds;
  i64 microseconds;
};

inline constexpr i64 microseconds = 1'000'000;
inline constexpr u64 longest_ns = 1ull << 62;  // a century and a half

inline Timespec to_timespec(u64 ns) {
  return {static_cast<i64>(ns / second_ns), static_cast<i64>(ns % second_ns)};
}
inline Timeval to_timeval(u64 ns) {
  return {static_cast<i64>(ns / second_ns), static_cast<i64>(ns % second_ns / 1000)};
}

inline bool is_valid(const Timespec& time) {
  return time.seconds >= 0 && static_cast<u64>(time.nanoseconds) < second_ns;
}
inline bool is_valid(const Timeval& time) {
  return time.seconds >= 0 && time.microseconds >= 0 && time.microseconds < microseconds;
}

inline u64 to_ns(const Timespec& time) {
  if (static_cast<u64>(time.seconds) >= longest_ns / second_ns) {
    return longest_ns;
  }
  return static_cast<u64>(time.seconds) * second_ns + static_cast<u64>(time.nanoseconds);
}
inline u64 to_ns(const Timeval& time) {
  return to_ns(Timespec{time.seconds, time.microseconds * 1000});
}

}  // namespace kx::libos
