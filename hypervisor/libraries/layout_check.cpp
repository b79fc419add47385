#include "hypervisor/libraries/layout_check.hpp"

namespace kx::hv::libraries {

std::string LayoutCheck::failure() const {
  for (const Layouts* each : {&before_, &now_}) {
    if (each->state == Layouts::State::Failed) {
      return std::string("debug information of the ") + (each == &before_ ? "old" : "new") +
             " version: " + each->problem;
    }
  }
  return {};
}

std::string LayoutCheck::difference(const LayoutVariable& before, const LayoutVariable& now) {
  ++variables_;
  const auto found = comparison_.difference(before.type, now.type);
  return found ? *found : std::string();
}

std::string LayoutCheck::variable(const Symbol& before, const Symbol& now) {
  if (!possible()) {
    return {};
  }
  const LayoutVariable* const old_variable = before_.at(before.raw.st_value, before.type() == STT_TLS);
  const LayoutVariable* const new_variable = now_.at(now.raw.st_value, now.type() == STT_TLS);
  if (old_variable == nullptr || new_variable == nullptr) {
    ++unknown_;
    return {};
  }
  return difference(*old_variable, *new_variable);
}

std::vector<std::string> LayoutCheck::section(const Section& before, const Section& now) {
  std::vector<std::string> lines;
  if (!possible()) {
    return lines;
  }
  for (const LayoutVariable& each : before_.variables) {
    if (each.thread_local_storage || each.address - before.raw.sh_addr >= before.raw.sh_size) {
      continue;
    }
    const LayoutVariable* const other = now_.at(now.raw.sh_addr + (each.address - before.raw.sh_addr));
    const std::string what = other == nullptr || other->name != each.name ? "another place" : difference(each, *other);
    if (!what.empty()) {
      lines.push_back("variable " + each.name + ": " + what);
    }
  }
  return lines;
}

std::string LayoutCheck::summary() const {
  if (possible()) {
    return "layouts of " + std::to_string(comparison_.compared()) + " types and " + std::to_string(variables_) +
           " variables were compared by debug information" +
           (unknown_ != 0 ? ", which does not tell of " + std::to_string(unknown_) + " variables" : "");
  }
  // That of the old version is not asked for if the new one has none.
  const bool of_new = now_.state != Layouts::State::Read;
  const Layouts& missing = of_new ? now_ : before_;
  const std::string version = of_new ? "the new version" : "the old version";
  return "layouts were not compared: " +
         (missing.state == Layouts::State::None
              ? version + " has no debug information"
              : "debug information of " + version + " cannot be used: " + missing.problem);
}

}  // namespace kx::hv::libraries
