#include "loader/stack.hpp"

#include <elf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <kx/abi/boot.hpp>
#include <kx/base/address.hpp>

#include "mm/address_space.hpp"
#include "process/boot_info.hpp"
#include "process/process.hpp"
#include "process/process_info.hpp"
#include "process/thread.hpp"

namespace kx::libos {

namespace {

// What a small program touches of its stack before it grows by faults.
constexpr u64 first_stack_size = 132 << 10;
constexpr u64 strings_reserve = 64 << 10;
constexpr u32 auxiliary_limit = 40;

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

class Writer {
 public:
  explicit Writer(u64 at) : at_(at) {}
  // Writes below what is there; false on a fault.
  bool push(const void* bytes, u64 size) {
    at_ -= size;
    return copy_to_user(at_, bytes, size);
  }
  bool push_string(const char* text) { return push(text, std::strlen(text) + 1); }
  void align(u64 alignment) { at_ = align_down(at_, alignment); }
  [[nodiscard]] u64 at() const { return at_; }

 private:
  u64 at_;
};

// Writes pointers to consecutive strings; false on a fault.
bool write_pointers(u64& at, u64 strings, const StringList& list) {
  const char* text = list.text;
  for (u64 i = 0; i < list.count; ++i) {
    if (!write_user(at, strings)) {
      return false;
    }
    at += 8;
    const u64 size = std::strlen(text) + 1;
    strings += size;
    text += size;
  }
  const u64 end = 0;
  const bool written = write_user(at, end);
  at += 8;
  return written;
}

}  // namespace

i64 build_stack(const StackRequest& request, u64& stack_pointer) {
  AddressSpace& space = AddressSpace::instance();
  const u64 strings = request.arguments.size + request.environment.size;
  const u64 pointers = (request.arguments.count + request.environment.count + 3 + 2 * auxiliary_limit) * 8;
  const u64 limit = resource_limit(3 /* RLIMIT_STACK */);
  if (strings + pointers > std::min<u64>(limit / 4, 6 << 20) + strings_reserve) {
    return -E2BIG;
  }
  const u64 size = align_up(strings + pointers + first_stack_size, abi::page_size);
  MapRequest mapping;
  mapping.address = space.stack_top() - size;
  mapping.size = size;
  mapping.prot = prot::read | prot::write | (request.executable ? prot::execute : 0);
  mapping.flags = vma_flag::stack | vma_flag::grows_down;
  mapping.fixed = true;
  mapping.replace = true;
  mapping.populate = true;
  mapping.approved = true;  // before the old program went
  if (const i64 result = space.map(mapping); result < 0) {
    return result;
  }
  space.stack_start = space.stack_top();

  Writer writer(space.stack_top() - 8);
  bool good = writer.push_string(request.path);
  const u64 path_address = writer.at();
  good = good && writer.push(request.environment.text, request.environment.size);
  space.environment_start = writer.at();
  space.environment_end = writer.at() + request.environment.size;
  good = good && writer.push(request.arguments.text, request.arguments.size);
  space.arguments_start = writer.at();
  space.arguments_end = writer.at() + request.arguments.size;
  good = good && writer.push_string("x86_64");
  const u64 platform = writer.at();
  writer.align(16);
  u8 random[16];
  random_bytes(random, sizeof random);
  good = good && writer.push(random, sizeof random);
  const u64 random_address = writer.at();

  const abi::BootInfo& boot = boot_info();
  const Credentials& who = Thread::current().credentials;
  const bool secure = who.user.real != who.user.effective || who.group.real != who.group.effective;
  const u64 auxiliary[][2] = {
      {AT_SYSINFO_EHDR, request.vdso},
      {AT_HWCAP, boot.hwcap},
      {AT_PAGESZ, abi::page_size},
      {AT_CLKTCK, 100},
      {AT_PHDR, request.phdr},
      {AT_PHENT, 56},
      {AT_PHNUM, request.phdr_count},
      {AT_BASE, request.interpreter_base},
      {AT_FLAGS, 0},
      {AT_ENTRY, request.entry},
      {AT_UID, who.user.real},
      {AT_EUID, who.user.effective},
      {AT_GID, who.group.real},
      {AT_EGID, who.group.effective},
      {AT_SECURE, secure ? 1u : 0u},
      {AT_RANDOM, random_address},
      {AT_HWCAP2, boot.hwcap2},
      {AT_EXECFN, path_address},
      {AT_PLATFORM, platform},
      {AT_MINSIGSTKSZ, boot.minimum_signal_stack},
      {AT_NULL, 0},
  };
  static_assert(sizeof auxiliary / 16 <= auxiliary_limit);
  const u64 words = 1 + request.arguments.count + 1 + request.environment.count + 1;
  u64 at = align_down(writer.at() - words * 8 - sizeof auxiliary, 16);
  stack_pointer = at;
  const u64 count = request.arguments.count;
  good = good && write_user(at, count);
  at += 8;
  good = good && write_pointers(at, space.arguments_start, request.arguments) &&
         write_pointers(at, space.environment_start, request.environment) &&
         copy_to_user(at, auxiliary, sizeof auxiliary);
  ProcessInfo::instance().auxiliary_address = at;
  ProcessInfo::instance().auxiliary_size = sizeof auxiliary;
  return good ? 0 : -EFAULT;
}

}  // namespace kx::libos
