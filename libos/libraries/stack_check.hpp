// Whether a thread executes where a library's update must find nobody, or will return there.
#pragma once

#include "libraries/update_block.hpp"

namespace kx::libos {

// Looks through the registers and stacks of all threads, which are stopped: frame by frame as far as there is frame
// information, and from there on each word of the stack that could be a return address.
bool any_thread_in(const UpdateBlock& update);

}  // namespace kx::libos
