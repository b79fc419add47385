// The `#!` line of a script.
#include <algorithm>

#include "loader/elf.hpp"

namespace kx::libos {

namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

// Linux sees the first 256 bytes of the file, filled up with NULs, and takes C strings out of them; a NUL ends
// the interpreter's name or the argument, but is no blank.
std::optional<ScriptLine> parse_script_line(std::span<const std::byte> first_bytes) {
  char buffer[script_line_size] = {};
  const std::size_t given = std::min(first_bytes.size(), script_line_size);
  std::copy_n(reinterpret_cast<const char*>(first_bytes.data()), given, buffer);
  if (buffer[0] != '#' || buffer[1] != '!') {
    return std::nullopt;
  }
  char* const last = buffer + script_line_size - 1;
  char* const newline = std::find(buffer + 2, buffer + script_line_size, '\n');
  const bool whole = newline <= last;
  const char* end = whole ? newline : last;

  const char* const name = std::find_if_not(static_cast<const char*>(buffer + 2), whole ? end : last + 1, is_blank);
  if (name == (whole ? end : last + 1)) {
    return std::nullopt;
  }
  const auto ends_name = [](char c) { return is_blank(c) || c == '\0'; };
  if (!whole && std::find_if(name, end + 1, ends_name) == end + 1) {
    return std::nullopt;  // perhaps more of the name follows: running its beginning would be wrong
  }
  while (is_blank(end[-1])) {
    --end;
  }
  if (name >= end) {
    return std::nullopt;
  }

  const auto view = [&](const char* start, const char* stop) {
    stop = std::find(start, stop, '\0');
    const auto offset = std::min(static_cast<std::size_t>(start - buffer), given);
    const auto size = std::min(static_cast<std::size_t>(stop - start), given - offset);
    return std::string_view(reinterpret_cast<const char*>(first_bytes.data()) + offset, size);
  };
  const char* const name_end = std::find_if(name, end, ends_name);
  ScriptLine line{view(name, name_end), {}, false};
  if (name_end != end && *name_end != '\0') {
    line.argument = view(std::find_if_not(name_end, end, is_blank), end);
    line.has_argument = true;
  }
  return line;
}

}  // namespace kx::libos
