// Access to memory whose pages may be missing: of a shared file mapping beyond the file's end (SIGBUS), or of a file
// that may only be read (SIGSEGV). Where the kernel cannot make the access for us.
#pragma once

#include <cstdint>

namespace kx::hv {

// Reads an aligned word. False: there is no page.
extern "C" bool kx_guarded_load(const std::uint64_t* from, std::uint64_t* to);

// If the aligned word is *expected, makes it `wanted`; *expected is what was found. False: there is no page, or it
// cannot be written.
extern "C" bool kx_guarded_swap(std::uint32_t* word, std::uint32_t* expected, std::uint32_t wanted);

// Installs the handler by which the two fail. A fault anywhere else ends the process as before.
void install_guard_handler();

}  // namespace kx::hv
