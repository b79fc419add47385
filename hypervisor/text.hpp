// Small pieces of text for whoever reads what kx says.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace kx::hv {

// With 0x in front.
inline std::string hexadecimal(std::uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace kx::hv
