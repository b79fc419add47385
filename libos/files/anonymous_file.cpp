#include "files/anonymous_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "files/open_file.hpp"
#include "host/host_call.hpp"

namespace kx::libos {

i64 make_anonymous_file(u64 size, FileRef& file) {
  constexpr char name[] = "dev/zero";  // what /proc/self/maps shows
  constexpr u64 close_on_exec = 1;
  std::memcpy(call_buffer(), name, sizeof name);
  const i64 handle = host_call_raw(SYS_memfd_create, {{0, close_on_exec}, 0}, CallKind::Quick).result;
  if (handle < 0) {
    return handle;
  }
  const i64 sized = host_call_raw(SYS_ftruncate, {{static_cast<u64>(handle), size}, 0}, CallKind::Quick).result;
  OpenFile* made =
      sized == 0 ? OpenFile::create(static_cast<u64>(handle), FileKind::Host, S_IFREG | 0600, O_RDWR) : nullptr;
  if (made == nullptr) {
    host_call(abi::HostCall::Close, CallKind::Quick, static_cast<u64>(handle));
    return sized < 0 && sized != -EFBIG ? sized : -ENOMEM;
  }
  made->anonymous = true;
  file = FileRef(made);
  return 0;
}

}  // namespace kx::libos
