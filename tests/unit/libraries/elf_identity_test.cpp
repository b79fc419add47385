#include "hypervisor/libraries/elf_identity.hpp"

#include "fixture.hpp"

namespace kx::hv::libraries {
namespace {

ElfIdentity read(const SmallLibrary& library) {
  return read_elf_identity(std::as_bytes(std::span(library.bytes)));
}

TEST(ElfIdentity, IsReadFromTheDynamicSectionAndTheNotes) {
  const ElfIdentity identity = read(SmallLibrary("libssl.so.3"));
  EXPECT_EQ(identity.soname, "libssl.so.3");
  EXPECT_EQ(identity.build_id, "12abff");
}

TEST(ElfIdentity, IsEmptyWhereThereIsNone) {
  for (const std::string_view text : {std::string_view(), std::string_view("#!/bin/sh\n"),
                                      std::string_view("\x7f"
                                                       "ELF")}) {
    const ElfIdentity identity = read_elf_identity(std::as_bytes(std::span(text)));
    EXPECT_TRUE(identity.soname.empty() && identity.build_id.empty());
  }
  SmallLibrary library;
  library.dynamic(2, DT_NEEDED, 1);
  EXPECT_EQ(read(library).soname, "");
  EXPECT_EQ(read(library).build_id, "12abff");
}

TEST(ElfIdentity, NamesOutsideTheFileAreNone) {
  for (const std::uint64_t value : {std::uint64_t{256}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    SmallLibrary library;
    library.dynamic(2, DT_SONAME, value);
    EXPECT_EQ(read(library).soname, "") << value;
  }
  for (const std::uint64_t value :
       {std::uint64_t{0}, SmallLibrary::base - 1, SmallLibrary::base + 2048, ~std::uint64_t{0}}) {
    SmallLibrary library;
    library.dynamic(0, DT_STRTAB, value);
    EXPECT_EQ(read(library).soname, "") << value;
  }
}

TEST(ElfIdentity, ANameWithoutAnEndIsNone) {
  SmallLibrary library;
  std::memset(library.bytes.data() + SmallLibrary::strings_at, 'x', 2048 - SmallLibrary::strings_at);
  library.dynamic(1, DT_STRSZ, ~std::uint64_t{0});
  EXPECT_EQ(read(library).soname, "");
}

TEST(ElfIdentity, NotesThatLieEndTheSearch) {
  for (const Elf64_Nhdr lie : {Elf64_Nhdr{~0u, 4, NT_GNU_BUILD_ID}, Elf64_Nhdr{4, ~0u, NT_GNU_BUILD_ID},
                               Elf64_Nhdr{~0u, ~0u, NT_GNU_BUILD_ID}, Elf64_Nhdr{4, 200, NT_GNU_BUILD_ID}}) {
    SmallLibrary library;
    library.put(SmallLibrary::note_at, lie);
    EXPECT_EQ(read(library).build_id, "");
  }
}

TEST(ElfIdentity, ABuildIdBehindAnotherNoteIsFound) {
  SmallLibrary library;
  const std::size_t second = SmallLibrary::note_at + sizeof(Elf64_Nhdr) + 4 + 4;
  library.put(SmallLibrary::note_at, Elf64_Nhdr{4, 3, NT_GNU_ABI_TAG});
  library.put(second, Elf64_Nhdr{4, 2, NT_GNU_BUILD_ID});
  std::memcpy(library.bytes.data() + second + sizeof(Elf64_Nhdr), "GNU\0\xbe\xef", 6);
  library.put(SmallLibrary::phdrs_at + 2 * sizeof(Elf64_Phdr),
              Elf64_Phdr{PT_NOTE, PF_R, SmallLibrary::note_at, 0, 0, 64, 0, 4});
  EXPECT_EQ(read(library).build_id, "beef");
}

TEST(ElfIdentity, CutAnywhereItHarmsNothing) {
  const SmallLibrary library;
  for (std::size_t size = 0; size < library.bytes.size(); ++size) {
    const std::vector<char> cut(library.bytes.begin(), library.bytes.begin() + static_cast<std::ptrdiff_t>(size));
    read_elf_identity(std::as_bytes(std::span(cut)));  // the sanitizers look
  }
}

}  // namespace
}  // namespace kx::hv::libraries
