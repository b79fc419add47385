// The file behind shared anonymous memory, which relatives must see at one place.
#pragma once

#include "files/fd_table.hpp"

namespace kx::libos {

// A file of `size` zero bytes that has no name and no descriptor. 0 or -errno.
i64 make_anonymous_file(u64 size, FileRef& file);

}  // namespace kx::libos
