#include "toolstack/layouts/type_table.hpp"

#include <functional>

#include "hypervisor/libraries/layouts.hpp"
#include "hypervisor/text.hpp"

namespace kx::layouts {

using hv::libraries::Layouts;

std::string one_line(std::string_view name) {
  constexpr std::size_t longest = 1024;
  if (name.size() > longest) {
    return one_line(name.substr(0, longest)) + "#" + std::to_string(std::hash<std::string_view>()(name));
  }
  return hv::printable(std::string(name));
}

std::uint32_t TypeTable::add(std::string lines) {
  const auto [place, is_new] = numbers_.try_emplace(std::move(lines), static_cast<std::uint32_t>(numbers_.size()));
  if (is_new) {
    if (text_.size() + variables_.size() + place->first.size() > Layouts::most_text ||
        numbers_.size() > Layouts::most_types) {
      throw Unusable{"it has too many types"};
    }
    text_ += place->first;
  }
  return place->second;
}

void TypeTable::add_variable(std::string_view file, const std::string& line) {
  if (file != file_) {
    file_ = file;
    variables_ += "file " + one_line(file) + "\n";
  }
  variables_ += line;
}

std::string TypeTable::finish() {
  return text_ + variables_ + "end\n";
}

}  // namespace kx::layouts
