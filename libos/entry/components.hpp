// The library OS's components: mapped into the pVM when they are first used.
#pragma once

#include <kx/abi/components.hpp>

#include "arch/x86_64/context.hpp"
#include "process/boot_info.hpp"

namespace kx::libos {

// If `address` lies in the text or the constants of a component, maps that component, if it is not yet, and is true.
// The library OS itself was about to execute or read there, with whatever locks held: none is taken, nothing is asked
// of the host, and threads that do it at the same time do the same. No flush is needed: only absent entries change.
bool map_component(u64 address);

// In a forked child, whose tables have its parent's mappings: tells the hypervisor's list.
void count_inherited_components();

// Whether the program may use it (kx run --components).
inline bool is_allowed(abi::Component component) {
  return abi::has_component(boot_info().components, component);
}

}  // namespace kx::libos
