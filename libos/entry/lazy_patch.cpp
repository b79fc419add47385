#include "entry/lazy_patch.hpp"

#include "entry/patching.hpp"
#include "mm/address_space.hpp"

namespace kx::libos {

namespace {

// Sites that trapped once, by hash; a second trap of the same site is the sign to patch it. A site that cannot be
// patched is not tried again. Threads may overwrite each other's entries: at worst a site traps once more.
constexpr u32 table_size = 256;
constexpr u32 retry_after = 1024;  // traps of a site that can only be patched when its thread is alone
struct Seen {
  u64 site = 0;
  u32 traps_until_try = 0;
  bool refused = false;
};
Seen seen[table_size];

}  // namespace

void lazy_patch(Context& context) {
  const u64 site = context.rip - 2;
  Seen& entry = seen[(site >> 1 ^ site >> 12) % table_size];
  if (entry.site != site) {
    entry = {site, 0, false};
    return;
  }
  if (entry.refused) {
    return;
  }
  if (entry.traps_until_try > 0) {
    --entry.traps_until_try;
    return;
  }
  switch (AddressSpace::instance().patch_trapped(site)) {
    case PatchOutcome::Patched:
      // This call too returns to what was moved.
      context.rip = Patching::instance().resume_address(context.rip);
      break;
    case PatchOutcome::Later:
      entry.traps_until_try = retry_after;
      break;
    case PatchOutcome::Refused:
      entry.refused = true;
      break;
  }
}

}  // namespace kx::libos
