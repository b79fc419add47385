// Under which host handles epoll(7) knows a file. It tells a file's descriptors apart by their numbers; the host does
// so by its own descriptors, of which a handle has one. So each number but the first gets a handle of its own.
#pragma once

#include "files/open_file.hpp"

namespace kx::libos {

enum class EpollUse : u8 { Add, Other };

// A descriptor that has been added to some epoll. It stays known as long as the file: another epoll, a child's too, may
// still watch the file by this number.
struct EpollNumber {
  EpollNumber* next;
  u32 fd;
  i64 handle;  // -1: the file's own
};

// The handle for descriptor `fd` of the file, or -errno.
i64 epoll_handle(OpenFile& file, u32 fd, EpollUse use);

// Closes the handles that were made for it.
void drop_epoll_numbers(OpenFile& file);

}  // namespace kx::libos
