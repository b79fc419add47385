// Fuzzes what a family takes of the process that reads debug information: two texts, one for each version, behind each
// other with a NUL between them, are parsed and compared. What is accepted must keep its promises.
#include <cstddef>
#include <cstdint>
#include <kx/base/verify.hpp>
#include <string_view>

#include "hypervisor/libraries/layout_comparison.hpp"
#include "hypervisor/libraries/layouts.hpp"

namespace {

using kx::hv::libraries::LayoutComparison;
using kx::hv::libraries::Layouts;
using kx::hv::libraries::LayoutType;

void check(const Layouts& layouts) {
  KX_VERIFY(layouts.state != Layouts::State::Read || layouts.problem.empty());
  if (layouts.state != Layouts::State::Read) {
    return;
  }
  for (std::size_t i = 0; i < layouts.types.size(); ++i) {
    const LayoutType& type = layouts.types[i];
    KX_VERIFY(type.kind != LayoutType::Kind::Array || type.element < i);
    for (const auto& member : type.members) {
      KX_VERIFY(type.kind == LayoutType::Kind::Enum || member.type < i);
    }
  }
  for (const auto& variable : layouts.variables) {
    KX_VERIFY(variable.type < layouts.types.size());
    KX_VERIFY(layouts.at(variable.address, variable.thread_local_storage) == &variable);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // SAFETY: chars alias anything.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\0');
  const Layouts before = Layouts::parse(text.substr(0, end));
  const Layouts now = Layouts::parse(end != std::string_view::npos ? text.substr(end + 1) : text);
  check(before);
  check(now);
  if (before.state == Layouts::State::Read && now.state == Layouts::State::Read) {
    for (const auto& line : LayoutComparison(before, now).changed_types()) {
      KX_VERIFY(!line.empty());
    }
    const std::size_t most =
        before.variables.size() < now.variables.size() ? before.variables.size() : now.variables.size();
    LayoutComparison comparison(before, now);
    for (std::size_t i = 0; i < most; ++i) {
      static_cast<void>(comparison.difference(before.variables[i].type, now.variables[i].type));
    }
  }
  return 0;
}
