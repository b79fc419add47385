// Extended attributes by path: files of /proc have none, whatever is asked about them.
#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>

#include "files/resolve.hpp"
#include "syscalls/path_calls.hpp"

namespace kx::libos {

template <u32 number>
i64 call_xattr(Context& context) {
  constexpr bool keeps_link =
      number == SYS_lsetxattr || number == SYS_lgetxattr || number == SYS_llistxattr || number == SYS_lremovexattr;
  constexpr bool lists = number == SYS_listxattr || number == SYS_llistxattr;
  Place place;
  const FinalLink final = keeps_link ? FinalLink::Keep : FinalLink::Follow;
  const i64 result = resolve(static_cast<u64>(AT_FDCWD), context.rdi, final, place);
  if (result != 0) {
    return result;
  }
  if (place.kind == PlaceKind::Proc || place.kind == PlaceKind::Descriptor) {
    return lists ? 0 : -EOPNOTSUPP;
  }
  return pass_through(number, context);
}

template i64 call_xattr<SYS_setxattr>(Context&);
template i64 call_xattr<SYS_lsetxattr>(Context&);
template i64 call_xattr<SYS_getxattr>(Context&);
template i64 call_xattr<SYS_lgetxattr>(Context&);
template i64 call_xattr<SYS_listxattr>(Context&);
template i64 call_xattr<SYS_llistxattr>(Context&);
template i64 call_xattr<SYS_removexattr>(Context&);
template i64 call_xattr<SYS_lremovexattr>(Context&);

}  // namespace kx::libos
