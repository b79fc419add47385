#include "mm/executable.hpp"

#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/boot_info.hpp"

namespace kx::libos {

namespace {

// The program makes code of its own and may always: it need not ask at every mprotect(2).
bool makes_code = false;

i64 check_executable(abi::ExecutableKind kind, u64 file, u64 program) {
  return host_call(abi::HostCall::CheckExecutable, CallKind::Blocking, static_cast<u64>(kind), file, program);
}

}  // namespace

bool has_library_policy() {
  return (boot_info().flags & abi::boot_library_policy) != 0;
}

i64 approve_file(OpenFile& file, u64 program) {
  const i64 content = check_executable(abi::ExecutableKind::File, file.handle(), program);
  if (content < 0) {
    return content;
  }
  file.set_content(static_cast<u64>(content));
  return 0;
}

i64 approve_memory(abi::ExecutableKind kind, u64 program) {
  if (makes_code && program == abi::no_handle) {
    return 0;
  }
  const i64 result = check_executable(kind, abi::no_handle, program);
  makes_code = makes_code || (result > 0 && program == abi::no_handle);
  return result < 0 ? result : 0;
}

void forget_approvals() {
  makes_code = false;
}

i64 AddressSpace::approve(OpenFile* file, u32 flags, u32 prot) {
  using Kind = abi::ExecutableKind;
  if ((prot & prot::write) != 0) {
    return approve_memory(Kind::Writable);
  }
  if ((flags & vma_flag::shared) != 0) {
    return approve_memory(Kind::Shared);
  }
  if (file == nullptr) {
    return approve_memory(Kind::Anonymous);
  }
  if ((flags & vma_flag::changed) != 0) {
    return approve_memory(Kind::Changed);
  }
  if (file->judged) {
    return 0;
  }
  const bool first = !file->has_content();
  if (const i64 result = approve_file(*file); result != 0) {
    return result;
  }
  if (first) {
    forget_unchanged(*file);
  }
  return 0;
}

i64 AddressSpace::approve_range(u64 start, u64 end, u32 prot) {
  constexpr u32 both = prot::execute | prot::write;
  for (const Vma* vma = vmas_.find(start); vma != nullptr && vma->start < end; vma = vmas_.next(vma)) {
    const bool is_already = (vma->prot & both) == (prot & both);
    if (const i64 result = is_already ? 0 : approve(file_of(*vma), vma->flags, prot); result != 0) {
      return result;
    }
  }
  return 0;
}

void AddressSpace::forget_unchanged(const OpenFile& file) {
  FlushBatch batch;
  for (const Vma& vma : vmas_) {
    if (file_of(vma) == &file && !vma.has(vma_flag::shared) && !vma.has(vma_flag::changed)) {
      drop_pages(vma.start, vma.end, batch);
    }
  }
  batch.flush();
  free_dropped();
}

}  // namespace kx::libos
