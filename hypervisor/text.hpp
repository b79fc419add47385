// Small pieces of text for whoever reads what kx says.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

namespace kx::hv {

// With 0x in front.
inline std::string hexadecimal(std::uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

// In one line, and safe for a terminal whoever chose the text.
inline std::string printable(std::string text, char instead = '?') {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, instead);
  return text;
}

inline std::string microseconds(std::uint64_t ns) {
  return std::to_string(ns / 1000) + "." + std::to_string(ns / 100 % 10) + " us";
}

// A time of CLOCK_REALTIME in UTC, as RFC 3339 has it.
inline std::string utc_text(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[32] = "";
  ::gmtime_r(&time, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace kx::hv
