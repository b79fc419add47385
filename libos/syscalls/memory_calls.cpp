// Memory: mmap(2) and its relatives.
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <kx/base/address.hpp>

#include "files/anonymous_file.hpp"
#include "files/fd_table.hpp"
#include "files/file_head.hpp"
#include "mm/address_space.hpp"
#include "process/process.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

constexpr u32 known_protection = PROT_READ | PROT_WRITE | PROT_EXEC | 0x01000000 /* GROWSDOWN */ | 0x02000000;
constexpr u32 read_implies_exec = 0x0400000;  // personality(2)

u32 effective_protection(u64 protection) {
  u32 result = static_cast<u32>(protection) & (PROT_READ | PROT_WRITE | PROT_EXEC);
  if ((result & PROT_READ) != 0 && (Process::instance().personality & read_implies_exec) != 0) {
    result |= PROT_EXEC;
  }
  return result;
}

i64 check_file(const OpenFile& file, u32 protection, bool shared) {
  if (file.kind() == FileKind::Path) {
    return -EBADF;
  }
  if (!file.readable()) {
    return -EACCES;
  }
  if (shared && (protection & PROT_WRITE) != 0 && !file.writable()) {
    return -EACCES;
  }
  return (file.mode() & 0170000) == 0100000 ? 0 : -ENODEV;
}

i64 do_mmap(Context& context) {
  const u64 size = context.rsi;
  const u64 flags = context.r10;
  const u64 offset = context.r9;
  const u32 type = flags & MAP_TYPE;
  const bool shared = type == MAP_SHARED || type == MAP_SHARED_VALIDATE;
  FileRef file;
  const bool anonymous = (flags & MAP_ANONYMOUS) != 0;
  if (!anonymous) {
    file = FdTable::instance().get(context.r8);
    if (!file) {
      return -EBADF;
    }
  }
  if ((offset & (abi::page_size - 1)) != 0) {
    return -EINVAL;
  }
  if (size == 0 || (type != MAP_PRIVATE && !shared)) {
    return -EINVAL;
  }
  if (size > abi::user_end) {
    return -ENOMEM;
  }
  MapRequest request;
  request.address = context.rdi;
  request.size = align_up(size, abi::page_size);
  request.prot = effective_protection(context.rdx);
  request.fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
  request.replace = (flags & MAP_FIXED) != 0 && (flags & MAP_FIXED_NOREPLACE) == 0;
  request.populate = (flags & (MAP_POPULATE | MAP_LOCKED)) != 0;
  if (request.fixed && !is_aligned(request.address, abi::page_size)) {
    return -EINVAL;
  }
  if (shared) {
    request.flags |= vma_flag::shared;
  }
  if ((flags & MAP_GROWSDOWN) != 0) {
    if (shared || !anonymous) {
      return -EINVAL;
    }
    request.flags |= vma_flag::grows_down;
  }
  request.low = (flags & MAP_32BIT) != 0 && !request.fixed;
  if ((flags & MAP_NORESERVE) != 0) {
    request.flags |= vma_flag::no_reserve;
  }
  if ((flags & MAP_HUGETLB) != 0 && anonymous) {
    return -ENOMEM;  // there is no pool of huge pages, as on a machine that has none configured
  }
  if (!anonymous) {
    if (offset + request.size < offset) {
      return -EOVERFLOW;
    }
    if (file->kind() == FileKind::Zero) {
      file.reset();  // a mapping of /dev/zero is anonymous memory
    } else {
      if (const i64 result = check_file(*file, request.prot, shared); result != 0) {
        return result;
      }
      request.file = file.get();
      request.offset = offset;
      // The dynamic linker maps a whole library and then lays all its segments but the first over that.
      if (file->head != nullptr && !request.fixed && AddressSpace::instance().is_in_linker(context.rip)) {
        request.wanted = file->head->segment_size(offset);
      }
    }
  }
  if (shared && !file) {
    if (const i64 result = make_anonymous_file(request.size, file); result != 0) {
      return result;
    }
    request.file = file.get();
    request.offset = 0;
  }
  return AddressSpace::instance().map(request);
}

i64 do_munmap(Context& context) {
  return AddressSpace::instance().unmap(context.rdi, context.rsi);
}

i64 do_mprotect(Context& context) {
  const u64 start = context.rdi;
  const u64 size = align_up(context.rsi, abi::page_size);
  if (!is_aligned(start, abi::page_size) || (context.rdx & ~static_cast<u64>(known_protection)) != 0) {
    return -EINVAL;
  }
  if (context.rsi == 0) {
    return 0;
  }
  if (size == 0 || outside(start, size, 0, abi::user_end)) {
    return -ENOMEM;
  }
  return AddressSpace::instance().protect(start, size, effective_protection(context.rdx));
}

i64 do_mremap(Context& context) {
  const u64 flags = context.r10;
  const u64 new_size = align_up(context.rdx, abi::page_size);
  if ((flags & ~7ull) != 0 || !is_aligned(context.rdi, abi::page_size) || new_size == 0 ||
      ((flags & MREMAP_FIXED) != 0 && ((flags & MREMAP_MAYMOVE) == 0 || !is_aligned(context.r8, abi::page_size)))) {
    return -EINVAL;
  }
  if (outside(context.rdi, align_up(context.rsi, abi::page_size), 0, abi::user_end) || new_size > abi::user_end) {
    return new_size > abi::user_end ? -ENOMEM : -EFAULT;
  }
  return AddressSpace::instance().remap(context.rdi, align_up(context.rsi, abi::page_size), new_size,
                                        static_cast<u32>(flags), context.r8);
}

i64 do_brk(Context& context) {
  return static_cast<i64>(AddressSpace::instance().set_break(context.rdi));
}

i64 do_madvise(Context& context) {
  const u64 size = align_up(context.rsi, abi::page_size);
  if (!is_aligned(context.rdi, abi::page_size) || (context.rsi != 0 && size == 0) || context.rdi + size < context.rdi) {
    return -EINVAL;
  }
  const int advice = static_cast<int>(context.rdx);
  if (size == 0) {
    return 0;
  }
  return AddressSpace::instance().advise(context.rdi, size, advice);
}

i64 do_msync(Context& context) {
  const u64 size = align_up(context.rsi, abi::page_size);
  const u64 flags = context.rdx;
  if (!is_aligned(context.rdi, abi::page_size) || (flags & ~7ull) != 0 || (flags & 5) == 5) {
    return -EINVAL;
  }
  if (context.rdi + size < context.rdi) {
    return -ENOMEM;
  }
  return AddressSpace::instance().sync(context.rdi, size, static_cast<u32>(flags));
}

i64 do_mincore(Context& context) {
  if (!is_aligned(context.rdi, abi::page_size)) {
    return -EINVAL;
  }
  const u64 size = align_up(context.rsi, abi::page_size);
  if (outside(context.rdi, size, 0, abi::user_end)) {
    return -ENOMEM;
  }
  constexpr u64 step_pages = 256;
  u8 vector[step_pages];
  for (u64 offset = 0; offset < size; offset += step_pages * abi::page_size) {
    const u64 step = std::min(step_pages * abi::page_size, size - offset);
    if (const i64 result = AddressSpace::instance().resident(context.rdi + offset, step, vector); result != 0) {
      return result;
    }
    if (!copy_to_user(context.rdx + offset / abi::page_size, vector, step / abi::page_size)) {
      return -EFAULT;
    }
  }
  return 0;
}

// The host's memory is not locked; the pages are made present, as far as a program can tell the difference.
i64 lock_range(u64 address, u64 size, bool populate) {
  const u64 start = align_down(address, abi::page_size);
  const u64 length = align_up(size + (address - start), abi::page_size);
  if (size == 0) {
    return 0;
  }
  if (length < size || start + length < start) {
    return -EINVAL;
  }
  constexpr int populate_read = 22, will_need = 3;
  const i64 result = AddressSpace::instance().advise(start, length, populate ? populate_read : will_need);
  return result == -EFAULT ? -ENOMEM : result;
}

i64 do_mlock(Context& context) {
  return lock_range(context.rdi, context.rsi, true);
}
i64 do_mlock2(Context& context) {
  return (context.rdx & ~1ull) != 0 ? -EINVAL : lock_range(context.rdi, context.rsi, (context.rdx & 1) == 0);
}
i64 do_munlock(Context& context) {
  return lock_range(context.rdi, context.rsi, false);
}
i64 do_mlockall(Context& context) {
  return context.rdi == 0 || (context.rdi & ~7ull) != 0 ? -EINVAL : 0;
}
i64 do_munlockall(Context&) {
  return 0;
}

constexpr SyscallEntry entries[] = {
    {SYS_mmap, do_mmap},
    {SYS_munmap, do_munmap},
    {SYS_mprotect, do_mprotect},
    {SYS_mremap, do_mremap},
    {SYS_brk, do_brk},
    {SYS_madvise, do_madvise},
    {SYS_msync, do_msync},
    {SYS_mincore, do_mincore},
    {SYS_mlock, do_mlock},
    {SYS_mlock2, do_mlock2},
    {SYS_munlock, do_munlock},
    {SYS_mlockall, do_mlockall},
    {SYS_munlockall, do_munlockall},
};

}  // namespace

std::span<const SyscallEntry> memory_calls() {
  return entries;
}

}  // namespace kx::libos
