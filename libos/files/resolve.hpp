// Which file a path names: one of the host, a device, or one of /proc that the library OS makes up.
#pragma once

#include <kx/abi/host_call.hpp>

#include "arch/x86_64/context.hpp"
#include "files/fd_table.hpp"
#include "files/path.hpp"

namespace kx::libos {

inline constexpr u64 no_directory = ~0ull;  // the host takes absolute paths only

enum class FinalLink : u8 { Follow, Keep };

enum class PlaceKind : u8 {
  Host,        // `directory` and the path in the call buffer
  Device,      // `device`; the same path is in the call buffer
  Descriptor,  // what descriptor `number` has open (/proc/self/fd/N, /dev/stdin)
  Proc,        // `node` of /proc about `number`
};

struct Place {
  PlaceKind kind = PlaceKind::Host;
  abi::DeviceName device{};
  u32 number = 0;  // of a descriptor, a pseudo-terminal or a thread
  u32 node = 0;
  u64 directory = no_directory;
  u64 length = 0;  // of the path in the call buffer; a free, aligned offset behind it is free_offset()
  FileRef file;    // keeps `directory` open; the descriptor's own file if the path is empty

  [[nodiscard]] u64 free_offset() const { return (length + 8) & ~7ull; }
};

// Copies the program's path to the start of the call buffer and finds out what it names. -errno if it cannot be read,
// or is below /proc and does not exist there. An empty path is left to the caller.
i64 resolve(u64 directory_fd, u64 path_address, FinalLink final, Place& place);

// The same with nothing emulated: for openat2(2) with restrictions, which the host holds.
i64 resolve_plainly(u64 directory_fd, u64 path_address, Place& place);

// The same for a path of the library OS's own, with at most path_capacity bytes.
i64 resolve_text(u64 directory_fd, const char* path, FinalLink final, Place& place);

// Joins and tidies lexically ("." and ".." and doubled slashes). False if the result does not fit.
bool normalize(const char* base, const char* path, char* out, u64 capacity);

}  // namespace kx::libos
