// kx-layouts: says how the types and variables of a library are laid out, by its debug information (DWARF), as
// hypervisor/libraries/layouts.hpp has it. For kx lib, which starts it.
//
// Descriptor 0 is the file with the debug information, 1 takes the result, and 3, if it is open, is the file that the
// debug information of several libraries shares (dwz). It looks at nothing else.
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "toolstack/layouts/confinement.hpp"
#include "toolstack/layouts/dwarf_types.hpp"
#include "toolstack/layouts/dwarf_walk.hpp"
#include "toolstack/layouts/type_table.hpp"

namespace kx::layouts {
namespace {

constexpr int input_fd = 0, result_fd = 1, shared_fd = 3;

struct Content {
  char* bytes = nullptr;
  std::size_t size = 0;
};

// Of a file that nobody changes any more.
Content map(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || status.st_size <= 0) {
    return {};
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const bytes = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  return bytes != MAP_FAILED ? Content{static_cast<char*>(bytes), size} : Content{};
}

// Null: there is none.
Dwarf* open_debug_information(const Content& content) {
  Elf* const elf = content.bytes != nullptr ? elf_memory(content.bytes, content.size) : nullptr;
  return elf != nullptr ? dwarf_begin_elf(elf, DWARF_C_READ, nullptr) : nullptr;
}

std::string describe(const Content& input, const Content& shared) {
  elf_version(EV_CURRENT);
  Dwarf* const debug = open_debug_information(input);
  if (debug == nullptr) {
    throw Unusable{std::string("it is damaged: ") + dwarf_errmsg(-1)};
  }
  if (Dwarf* const alternate = open_debug_information(shared)) {
    dwarf_setalt(debug, alternate);
  }
  const Walk walk(debug);
  TypeTable table;
  Types types(walk, table);
  for (const Dwarf_Die& each : walk.types()) {
    types.add(each);
  }
  for (const Variable& each : walk.variables()) {
    Dwarf_Die die = each.die;
    if (attribute(die, DW_AT_type)) {
      const unsigned place = (each.in_function ? 1 : 0) + (each.thread_local_storage ? 2 : 0);
      table.add_variable(each.file, "variable " + std::to_string(place) + " " + std::to_string(each.address) + " " +
                                        std::to_string(types.add_type_of(die)) + " " + one_line(each.name) + "\n");
    }
  }
  return table.finish();
}

std::string answer(const Content& input, const Content& shared) {
  try {
    return describe(input, shared);
  } catch (const Unusable& unusable) {
    return "unusable " + one_line(unusable.why) + "\n";
  } catch (const std::bad_alloc&) {
    return "unusable it needs too much memory\n";
  } catch (const std::exception& error) {
    return "unusable " + one_line(error.what()) + "\n";
  }
}

bool write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(result_fd, text.data(), text.size());
    if (written <= 0) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace
}  // namespace kx::layouts

int main() {
  using namespace kx::layouts;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  const Content input = map(input_fd), shared = map(shared_fd);
  ::close_range(shared_fd, ~0U, 0);
  if (!confine()) {
    std::perror("kx-layouts: confine itself");
    return 1;
  }
  const bool written = write_all(answer(input, shared));
  // Nothing of all that need be tidied up.
  ::_exit(written ? 0 : 1);
}
