// Fuzzes what an update reads of libraries: a real one with bytes changed is parsed and, if it still is a library,
// paired with what it was. What is accepted must keep its promises.
//
// The input is a list of changes, of three bytes each: where (16 bits), and to what.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <kx/base/verify.hpp>
#include <vector>

#include "hypervisor/libraries/elf_image.hpp"
#include "hypervisor/libraries/pairing.hpp"

namespace {

using kx::hv::libraries::ElfFile;

std::vector<std::byte> original;

ElfFile parse_original() {
  auto file = ElfFile::parse(original);
  KX_VERIFY(file);
  return std::move(file).value();
}

void check(const kx::hv::libraries::Pairing& pairing) {
  KX_VERIFY(pairing.changed.empty() || pairing.hook != 0);
  for (std::size_t i = 1; i < pairing.functions.size(); ++i) {
    KX_VERIFY(pairing.functions[i - 1].from < pairing.functions[i].from);
  }
  for (std::size_t i = 1; i < pairing.objects.size(); ++i) {
    KX_VERIFY(pairing.objects[i - 1].from + pairing.objects[i - 1].size <= pairing.objects[i].from);
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // A small library of the C library's, wherever it lies.
  void* const handle = ::dlopen("libutil.so.1", RTLD_NOW);
  KX_VERIFY(handle != nullptr);
  link_map* map = nullptr;
  KX_VERIFY(::dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0);
  std::ifstream file(map->l_name, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  original.resize(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    original[i] = static_cast<std::byte>(bytes[i]);
  }
  check(pair_versions(parse_original(), parse_original()));
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ElfFile before = parse_original();
  std::vector<std::byte> bytes = original;
  for (std::size_t i = 0; i + 3 <= size; i += 3) {
    const std::size_t place = (data[i] | data[i + 1] << 8) % bytes.size();
    bytes[place] = static_cast<std::byte>(data[i + 2]);
  }
  const auto now = ElfFile::parse(std::move(bytes));
  if (now) {
    check(pair_versions(before, *now));
    check(pair_versions(*now, before));
  }
  return 0;
}
