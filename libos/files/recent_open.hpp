// The status of the file that a thread has just opened, which most programs ask for next: it comes along with the open.
#pragma once

#include <sys/stat.h>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

class OpenFile;

// Of one thread. It counts as long as no thread of the process has made another host call, and for a moment: so nobody
// can have told the program that the file changed since.
struct RecentOpen {
  u64 handle = ~0ull;
  u32 calls = 0;  // HostCallMarks::calls
  u64 tsc = 0;
  struct stat status {};
};

// The calling thread has opened `handle`; the status lies at `offset` of the call buffer.
void note_open(u64 handle, u64 offset);

// Null: it is not known.
const struct stat* recent_status(const OpenFile& file);

}  // namespace kx::libos
