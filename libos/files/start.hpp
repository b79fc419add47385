// The open files a program starts with.
#pragma once

#include <kx/abi/boot.hpp>

namespace kx::libos {

// Descriptors 0 to 2 from the caller's streams, and the working directory ("/" if the path cannot be opened).
void start_files(const abi::BootInfo& boot, const char* working_directory);

}  // namespace kx::libos
