// Adding up struct rusage (getrusage(2)).
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>

namespace kx::hv {

inline void add_usage(rusage& sum, const rusage& more) {
  const auto add = [](timeval& to, const timeval& from) {
    to.tv_usec += from.tv_usec;
    to.tv_sec += from.tv_sec + to.tv_usec / 1'000'000;
    to.tv_usec %= 1'000'000;
  };
  add(sum.ru_utime, more.ru_utime);
  add(sum.ru_stime, more.ru_stime);
  sum.ru_maxrss = std::max(sum.ru_maxrss, more.ru_maxrss);
  sum.ru_minflt += more.ru_minflt;
  sum.ru_majflt += more.ru_majflt;
  sum.ru_inblock += more.ru_inblock;
  sum.ru_oublock += more.ru_oublock;
  sum.ru_nvcsw += more.ru_nvcsw;
  sum.ru_nivcsw += more.ru_nivcsw;
}

inline std::uint64_t to_ns(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_usec) * 1000;
}

// User and system time.
inline std::uint64_t cpu_time_ns(const rusage& usage) {
  return to_ns(usage.ru_utime) + to_ns(usage.ru_stime);
}

}  // namespace kx::hv
