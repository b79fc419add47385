#include "hypervisor/libraries/layouts.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "hypervisor/text.hpp"

namespace kx::hv::libraries {

namespace {

constexpr std::size_t longest_problem = 300;

using Kind = LayoutType::Kind;

std::pair<bool, std::uint64_t> place_of(const LayoutVariable& variable) {
  return {variable.thread_local_storage, variable.address};
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  std::optional<Layouts> run();

 private:
  bool line();  // false: there is none that is whole
  std::string_view word();
  template <class T>
  bool number(T& value);
  bool known_type(std::uint32_t& type) { return number(type) && type < result_.types.size(); }
  bool named(std::string& name);
  bool begin_members(LayoutType& type);
  bool read_member();
  bool read_type(std::string_view keyword);
  bool read_variable();
  bool read_line(std::string_view keyword);

  std::string_view rest_, line_;
  std::string file_;
  std::size_t open_members_ = 0, all_members_ = 0;
  Layouts result_;
};

bool Parser::line() {
  const std::size_t end = rest_.find('\n');
  if (end == std::string_view::npos) {
    return false;
  }
  line_ = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return true;
}

std::string_view Parser::word() {
  const std::size_t end = std::min(line_.find(' '), line_.size());
  const std::string_view found = line_.substr(0, end);
  line_.remove_prefix(std::min(end + 1, line_.size()));
  return found;
}

template <class T>
bool Parser::number(T& value) {
  const std::string_view digits = word();
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return !digits.empty() && parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
}

bool Parser::named(std::string& name) {
  name = line_;
  return true;
}

bool Parser::begin_members(LayoutType& type) {
  if (!number(type.size) || !number(open_members_) || !named(type.name)) {
    return false;
  }
  all_members_ += std::min(open_members_, Layouts::most_members);
  return open_members_ <= Layouts::most_members && all_members_ <= Layouts::most_members;
}

bool Parser::read_member() {
  LayoutType& type = result_.types.back();
  LayoutMember member;
  const bool is_value = type.kind == Kind::Enum;
  --open_members_;
  if (word() != (is_value ? "value" : "member") || !number(member.bit_offset)) {
    return false;
  }
  // A type contains no other that comes after it, and not itself.
  if (!is_value && (!number(member.bits) || !number(member.type) || member.type + 1 >= result_.types.size())) {
    return false;
  }
  named(member.name);
  type.members.push_back(std::move(member));
  return true;
}

bool Parser::read_type(std::string_view keyword) {
  constexpr std::pair<std::string_view, Kind> kinds[] = {
      {"base", Kind::Base},     {"pointer", Kind::Pointer}, {"array", Kind::Array}, {"enum", Kind::Enum},
      {"struct", Kind::Struct}, {"class", Kind::Class},     {"union", Kind::Union}, {"other", Kind::Other}};
  const auto* const found = std::ranges::find(kinds, keyword, &std::pair<std::string_view, Kind>::first);
  if (found == std::end(kinds) || result_.types.size() == Layouts::most_types) {
    return false;
  }
  LayoutType type;
  type.kind = found->second;
  bool good = false;
  if (type.has_members()) {
    good = begin_members(type);
  } else if (type.kind == Kind::Array) {
    good = number(type.detail) && known_type(type.element);
  } else {
    good = number(type.detail) && number(type.size) && named(type.name);
  }
  result_.types.push_back(std::move(type));
  return good;
}

bool Parser::read_variable() {
  LayoutVariable variable;
  unsigned place = 0;
  if (!number(place) || place > 3 || !number(variable.address) || !known_type(variable.type) || !named(variable.name) ||
      result_.variables.size() == Layouts::most_variables) {
    return false;
  }
  variable.in_function = (place & 1) != 0;
  variable.thread_local_storage = (place & 2) != 0;
  variable.file = file_;
  result_.variables.push_back(std::move(variable));
  return true;
}

bool Parser::read_line(std::string_view keyword) {
  if (open_members_ != 0) {
    return false;
  }
  if (keyword == "file") {
    return named(file_);
  }
  return keyword == "variable" ? read_variable() : read_type(keyword);
}

std::optional<Layouts> Parser::run() {
  if (!line()) {
    return std::nullopt;
  }
  if (line_ == "none") {
    return rest_.empty() ? std::optional(Layouts()) : std::nullopt;
  }
  if (line_.starts_with("unusable ")) {
    word();
    result_.state = Layouts::State::Unusable;
    result_.problem = printable(std::string(line_.substr(0, longest_problem)));
    return rest_.empty() ? std::optional(std::move(result_)) : std::nullopt;
  }
  if (line_ != "kx-layouts 1") {
    return std::nullopt;
  }
  while (line()) {
    if (open_members_ != 0) {
      if (!read_member()) {
        return std::nullopt;
      }
      continue;
    }
    const std::string_view keyword = word();
    if (keyword == "end") {
      result_.state = Layouts::State::Read;
      std::ranges::stable_sort(result_.variables, {}, place_of);
      const auto same = [](const LayoutVariable& a, const LayoutVariable& b) { return place_of(a) == place_of(b); };
      result_.variables.erase(std::unique(result_.variables.begin(), result_.variables.end(), same),
                              result_.variables.end());
      return line_.empty() && rest_.empty() ? std::optional(std::move(result_)) : std::nullopt;
    }
    if (!read_line(keyword)) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

Layouts Layouts::failed(const std::string& why) {
  Layouts result;
  result.state = State::Failed;
  result.problem = printable(why.substr(0, longest_problem));
  return result;
}

Layouts Layouts::parse(std::string_view text) {
  if (text.size() > most_text) {
    return failed("it tells of too many types");
  }
  // The last line is of who started the reader, if that came to no good end.
  const std::size_t last = text.rfind("\nfailed ");
  const std::size_t start = text.starts_with("failed ") ? 0 : last != std::string_view::npos ? last + 1 : text.size();
  if (start != text.size() && text.find('\n', start) == text.size() - 1) {
    const std::string_view why = text.substr(start + 7);
    return failed(std::string(why.substr(0, why.size() - 1)));
  }
  auto parsed = Parser(text).run();
  return parsed ? std::move(*parsed) : failed("what its reader says makes no sense");
}

const LayoutVariable* Layouts::at(std::uint64_t address, bool thread_local_storage) const {
  const std::pair wanted(thread_local_storage, address);
  const auto found = std::ranges::lower_bound(variables, wanted, {}, place_of);
  return found != variables.end() && place_of(*found) == wanted ? &*found : nullptr;
}

}  // namespace kx::hv::libraries
