// A directory with files for the tests of libraries, and ELF files made by hand.
#pragma once

#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hypervisor/libraries/elf_image.hpp"
#include "hypervisor/libraries/signing.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::libraries {

class LibrariesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(start_cryptography());
    std::string name = "/var/tmp/kx-libraries-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  std::string write(const std::string& name, std::string_view content) const {
    const std::string path = directory + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  // A shared library of this C text, as the compiler makes it with these options.
  ElfFile compile(const std::string& name, std::string_view source, const std::string& options) const {
    const std::string path = write(name + ".c", source), made = directory + "/" + name + ".so";
    const std::string command = "gcc -O2 -fPIC -shared -Wl,-soname,libm.so " + options + " -o " + made + " " + path;
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    const UniqueFd file(::open(made.c_str(), O_RDONLY | O_CLOEXEC));
    auto read = ElfFile::read(file.get());
    EXPECT_TRUE(read);
    return std::move(read).value();
  }

  std::string directory;
};

inline std::string lines_of(const std::vector<std::string>& list) {
  std::string lines;
  for (const std::string& each : list) {
    lines += each + "\n";
  }
  return lines;
}

// A shared library that consists of what says who it is: headers, dynamic section, strings, a note.
struct SmallLibrary {
  static constexpr std::size_t phdrs_at = sizeof(Elf64_Ehdr), dynamic_at = 256, strings_at = 512, note_at = 1024;
  static constexpr std::uint64_t base = 0x10000;  // where the file's first byte is loaded

  explicit SmallLibrary(std::string_view soname = "libx.so.1.4", std::string_view id = "\x12\xab\xff") {
    bytes.resize(2048);
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_DYN;
    header.e_phoff = phdrs_at;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 3;
    put(0, header);
    put(phdrs_at, Elf64_Phdr{PT_LOAD, PF_R | PF_X, 0, base, base, bytes.size(), bytes.size(), 4096});
    put(phdrs_at + sizeof(Elf64_Phdr),
        Elf64_Phdr{PT_DYNAMIC, PF_R, dynamic_at, base + dynamic_at, 0, 4 * sizeof(Elf64_Dyn), 0, 8});
    put(phdrs_at + 2 * sizeof(Elf64_Phdr),
        Elf64_Phdr{PT_NOTE, PF_R, note_at, base + note_at, 0, sizeof(Elf64_Nhdr) + 4 + id.size(), 0, 4});
    dynamic(0, DT_STRTAB, base + strings_at);
    dynamic(1, DT_STRSZ, 256);
    dynamic(2, DT_SONAME, 1);
    dynamic(3, DT_NULL, 0);
    std::memcpy(bytes.data() + strings_at + 1, soname.data(), soname.size());
    put(note_at, Elf64_Nhdr{4, static_cast<Elf64_Word>(id.size()), NT_GNU_BUILD_ID});
    std::memcpy(bytes.data() + note_at + sizeof(Elf64_Nhdr), "GNU", 4);
    std::memcpy(bytes.data() + note_at + sizeof(Elf64_Nhdr) + 4, id.data(), id.size());
  }

  template <class T>
  void put(std::size_t at, const T& value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
  void dynamic(std::size_t index, Elf64_Sxword tag, std::uint64_t value) {
    Elf64_Dyn entry{};
    entry.d_tag = tag;
    entry.d_un.d_val = value;
    put(dynamic_at + index * sizeof entry, entry);
  }
  [[nodiscard]] std::string_view text() const { return {bytes.data(), bytes.size()}; }

  std::vector<char> bytes;
};

}  // namespace kx::hv::libraries
