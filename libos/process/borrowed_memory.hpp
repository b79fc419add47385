// vfork(2): parent and child share memory until the child calls execve or ends. The child has a copy, as after any
// fork; what it wrote is carried over to its parent, which waits, when the sharing ends.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// In the child, at its start: from now on copies of pages are noted.
void borrow_memory();
// True between borrow_memory() and return_borrowed_memory().
bool memory_is_borrowed();
// A page of the program was copied before a write: what it was, and what it is. `owned`: the old one is this pVM's own,
// and is freed when the sharing ends.
void note_borrowed_page(u64 address, u64 old_gpa, u64 new_gpa, bool owned);
// In the child, before its memory goes: hands what differs to the hypervisor.
void return_borrowed_memory();
// In the parent: takes over what child `pid` wrote.
void take_returned_memory(u32 pid);

}  // namespace kx::libos
