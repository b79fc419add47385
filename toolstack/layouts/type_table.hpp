// What the reader of debug information says: a text in the format of hypervisor/libraries/layouts.hpp, with each
// different type once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace kx::layouts {

// Why debug information is not read, for whoever asked.
struct Unusable {
  std::string why;
};

// One line, of a length that is not unreasonable.
std::string one_line(std::string_view name);

class TypeTable {
 public:
  // The number of the type that these lines describe. Throws Unusable beyond what a text may have.
  std::uint32_t add(std::string lines);
  void add_variable(std::string_view file, const std::string& line);
  // The whole text.
  std::string finish();

 private:
  void append(std::string_view lines);

  std::string text_ = "kx-layouts 1\n";
  std::string variables_, file_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

}  // namespace kx::layouts
