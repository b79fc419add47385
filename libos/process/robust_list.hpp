// Robust futexes (set_robust_list(2)).
#pragma once

namespace kx::libos {

struct Thread;

// Marks the locks that a dying thread still holds and wakes one waiter each.
void release_robust_futexes(Thread& thread);

}  // namespace kx::libos
