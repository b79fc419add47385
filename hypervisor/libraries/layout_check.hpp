// What the debug information of two versions says against giving the new one the old one's data.
#pragma once

#include <string>
#include <vector>

#include "hypervisor/libraries/elf_image.hpp"
#include "hypervisor/libraries/layout_comparison.hpp"

namespace kx::hv::libraries {

// Lines for the operator.
class LayoutCheck {
 public:
  LayoutCheck(const Layouts& before, const Layouts& now) : before_(before), now_(now), comparison_(before, now) {}

  // Both versions have debug information that can be used.
  [[nodiscard]] bool possible() const {
    return before_.state == Layouts::State::Read && now_.state == Layouts::State::Read;
  }
  // Reading it went wrong; empty: it did not.
  [[nodiscard]] std::string failure() const;
  // Of types with a name.
  std::vector<std::string> types() { return possible() ? comparison_.changed_types() : std::vector<std::string>(); }
  // What differs of a variable that is the one in the new version; empty: nothing that is known.
  std::string variable(const Symbol& before, const Symbol& now);
  // Of all that lie in two sections, whose bytes are to be carried over as they are.
  std::vector<std::string> section(const Section& before, const Section& now);
  // What was compared, or why nothing was. After all the others.
  [[nodiscard]] std::string summary() const;

 private:
  std::string difference(const LayoutVariable& before, const LayoutVariable& now);

  const Layouts& before_;
  const Layouts& now_;
  LayoutComparison comparison_;
  std::size_t variables_ = 0, unknown_ = 0;
};

}  // namespace kx::hv::libraries
