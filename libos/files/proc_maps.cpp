// /proc/self/maps and smaps (proc(5)).
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstring>

#include "files/open_file.hpp"
#include "files/path.hpp"
#include "files/proc_process.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"

namespace kx::libos {

namespace {

// Where it lies and what its inode is; asked once for areas of one file that follow each other.
struct MappedFile {
  u32 object = 0;
  u64 device = 0;
  u64 inode = 0;
  char path[path_capacity] = {};

  void find(AddressSpace& space, const Vma& vma) {
    if (vma.object == object) {
      return;
    }
    object = vma.object;
    path[0] = 0;
    OpenFile* file = space.file_of(vma);
    if (file == nullptr) {
      return;
    }
    struct stat status {};
    if (host_call_raw(SYS_fstat, {{file->handle(), 0}, 0}, CallKind::Quick).result == 0) {
      std::memcpy(&status, call_buffer(), sizeof status);
    }
    device = status.st_dev;
    inode = status.st_ino;
    if (handle_path(file->handle(), path, sizeof path) < 0) {
      path[0] = 0;
    }
    if (constexpr u64 skipped = sizeof "memfd:" - 1;
        (file->segment >= 0 || file->anonymous) && std::strlen(path) > skipped) {
      std::memmove(path + 1, path + 1 + skipped, std::strlen(path + skipped));
      inode = file->anonymous ? inode : static_cast<u64>(file->segment);
    }
  }
};

const char* special_name(const AddressSpace& space, const Vma& vma, u64 time_end) {
  if (vma.has(vma_flag::internal)) {
    return vma.shared_gpa == abi::time_page_gpa ? "[vvar]" : vma.start == time_end ? "[vdso]" : "";
  }
  if (vma.has(vma_flag::stack)) {
    return "[stack]";
  }
  if (vma.has(vma_flag::heap) || (vma.start >= space.break_start() && vma.end <= space.break_end())) {
    return "[heap]";
  }
  return "";
}

void put_area(TextBuilder& out, AddressSpace& space, const Vma& vma, const char* special, MappedFile& file) {
  const u64 start = out.size();
  out.hex(vma.start, 8).text("-").hex(vma.end, 8).text(" ");
  out.text((vma.prot & prot::read) != 0 ? "r" : "-").text((vma.prot & prot::write) != 0 ? "w" : "-");
  out.text((vma.prot & prot::execute) != 0 ? "x" : "-").text(vma.has(vma_flag::shared) ? "s" : "p");
  const char* name = special;
  if (vma.object != 0) {
    file.find(space, vma);
    name = file.path;
    out.text(" ").hex(vma.offset, 8).text(" ").hex(major(file.device), 2).text(":").hex(minor(file.device), 2);
    out.text(" ").number(file.inode).text(" ");
  } else {
    out.text(" 00000000 00:00 0 ");
  }
  if (name != nullptr && name[0] != 0) {
    out.pad_to(start + 73).text(name);
  }
  out.text("\n");
}

template <class Each>
[[gnu::noinline]] void for_each_line(TextBuilder& out, Each&& each) {
  MappedFile file;
  AddressSpace& space = AddressSpace::instance();
  u64 time_end = 0;  // of the page of the clock: the vDSO's code follows it
  space.for_each_area([&](const Vma& vma) {
    const char* special = special_name(space, vma, time_end);
    // The library OS's own areas are not the program's business.
    if (!vma.has(vma_flag::internal) || special[0] != 0) {
      put_area(out, space, vma, special, file);
      each(vma);
    }
    time_end = vma.shared_gpa == abi::time_page_gpa ? vma.end : 0;
  });
}

}  // namespace

void generate_maps(TextBuilder& out, u32) {
  for_each_line(out, [](const Vma&) {});
}

void generate_smaps(TextBuilder& out, u32) {
  for_each_line(out, [&](const Vma& vma) {
    const u64 kib = vma.size() / 1024;
    out.text("Size:           ").column(kib, 8).text(" kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\n");
    out.text("Rss:            ").column(0, 8).text(" kB\nPss:            ").column(0, 8).text(" kB\n");
    out.text("VmFlags: rd mr mw me\n");
  });
}

}  // namespace kx::libos
