#include "files/epoll_numbers.hpp"

#include <fcntl.h>

#include <cerrno>

#include "host/host_call.hpp"
#include "mm/heap.hpp"
#include "process/lock.hpp"

namespace kx::libos {

namespace {
Mutex numbers_mutex;
}

i64 epoll_handle(OpenFile& file, u32 fd, EpollUse use) {
  const i64 own = static_cast<i64>(file.handle());
  const Lock lock(numbers_mutex);
  for (const EpollNumber* number = file.epoll_numbers; number != nullptr; number = number->next) {
    if (number->fd == fd) {
      return number->handle < 0 ? own : number->handle;
    }
  }
  const bool is_first = file.epoll_numbers == nullptr;
  if (use == EpollUse::Other) {
    return is_first ? own : -ENOENT;
  }
  auto* number = heap_new<EpollNumber>(file.epoll_numbers, fd, i64{-1});
  if (number == nullptr) {
    return -ENOMEM;
  }
  if (!is_first) {
    number->handle = host_call(abi::HostCall::Fcntl, CallKind::Quick, file.handle(), F_DUPFD_CLOEXEC, 0);
    if (number->handle < 0) {
      const i64 result = number->handle;
      heap_delete(number);
      return result == -EMFILE ? -ENOMEM : result;
    }
  }
  file.epoll_numbers = number;
  return is_first ? own : number->handle;
}

void drop_epoll_numbers(OpenFile& file) {
  while (EpollNumber* number = file.epoll_numbers) {
    file.epoll_numbers = number->next;
    if (number->handle >= 0) {
      host_call(abi::HostCall::Close, CallKind::Quick, static_cast<u64>(number->handle));
    }
    heap_delete(number);
  }
}

}  // namespace kx::libos
