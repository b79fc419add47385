// Robust futexes of a thread that was ended from outside (set_robust_list(2)).
#pragma once

#include <kx/base/address.hpp>

#include "hypervisor/memory/guest_memory.hpp"

namespace kx::hv {

// Marks the locks in shared memory that the thread of this vCPU area still holds, and wakes one waiter each, as its
// library OS would have done. No vCPU of the pVM runs any more. List and page tables are the guest's: whatever they
// say, only a bounded number of words is changed, and each is one that the guest could have written.
void release_robust_futexes(const GuestMemory& memory, Gpa area);

}  // namespace kx::hv
