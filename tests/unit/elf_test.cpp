// The ELF reader and the `#!` parser: images built field by field, and this very program.
#include "loader/elf.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "mm/vma.hpp"

namespace kx::libos {
namespace {

constexpr std::uint64_t limit = 0x7fff'ffff'f000;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

// An image under construction: a valid header, program headers right behind it.
class Image {
 public:
  Image() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_DYN;
    header.e_machine = EM_X86_64;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_entry = 0x1234;
  }

  Image& load(std::uint64_t vaddr, std::uint64_t offset, std::uint64_t filesz, std::uint64_t memsz,
              std::uint32_t flags = PF_R | PF_W) {
    return add({PT_LOAD, flags, offset, vaddr, vaddr, filesz, memsz, 4096});
  }
  Image& add(const Elf64_Phdr& phdr) {
    phdrs.push_back(phdr);
    header.e_phnum = static_cast<std::uint16_t>(phdrs.size());
    return *this;
  }

  Result<ElfHeader, ElfError> parse_header() const { return parse_elf_header(std::as_bytes(std::span(&header, 1))); }
  Result<ElfLayout, ElfError> parse() {
    auto parsed = parse_header();
    if (!parsed) {
      return Unexpected{parsed.error()};
    }
    return parse_elf_segments(*parsed, std::as_bytes(std::span(phdrs)), file_size, limit, segments);
  }
  ElfError error() {
    auto parsed = parse();
    EXPECT_FALSE(parsed.has_value());
    return parsed ? ElfError::NotElf : parsed.error();
  }

  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> phdrs;
  std::uint64_t file_size = 1 << 20;
  std::vector<ElfSegment> segments = std::vector<ElfSegment>(4);
};

TEST(ElfHeader, TellsWhatIsWrong) {
  const auto error_after = [](auto&& spoil) {
    Image image;
    image.load(0, 0, 4096, 4096);
    spoil(image.header);
    return image.error();
  };
  EXPECT_EQ(error_after([](Elf64_Ehdr& h) { h.e_ident[0] = '#'; }), ElfError::NotElf);
  EXPECT_EQ(error_after([](Elf64_Ehdr& h) { h.e_ident[EI_CLASS] = ELFCLASS32; }), ElfError::OtherArchitecture);
  EXPECT_EQ(error_after([](Elf64_Ehdr& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; }), ElfError::OtherArchitecture);
  EXPECT_EQ(error_after([](Elf64_Ehdr& h) { h.e_machine = EM_AARCH64; }), ElfError::OtherArchitecture);
  EXPECT_EQ(error_after([](Elf64_Ehdr& h) { h.e_type = ET_REL; }), ElfError::NotExecutable);
  EXPECT_EQ(error_after([](Elf64_Ehdr& h) { h.e_type = ET_CORE; }), ElfError::NotExecutable);
  EXPECT_EQ(error_after([](Elf64_Ehdr& h) { h.e_phentsize = 32; }), ElfError::Malformed);
  EXPECT_EQ(error_after([](Elf64_Ehdr& h) { h.e_phnum = 0; }), ElfError::Malformed);
  EXPECT_EQ(error_after([](Elf64_Ehdr& h) { h.e_phnum = elf_max_program_headers + 1; }), ElfError::Malformed);
  EXPECT_EQ(error_after([](Elf64_Ehdr& h) { h.e_phoff = ~0ull - 8; }), ElfError::Malformed);
  // More headers than there are bytes.
  EXPECT_EQ(error_after([](Elf64_Ehdr& h) { h.e_phnum = 2; }), ElfError::Malformed);
}

TEST(ElfHeader, ShortFiles) {
  EXPECT_EQ(parse_elf_header({}).error(), ElfError::NotElf);
  EXPECT_EQ(parse_elf_header(bytes_of("\x7f"
                                      "EL"))
                .error(),
            ElfError::NotElf);
  EXPECT_EQ(parse_elf_header(bytes_of("\x7f"
                                      "ELF"))
                .error(),
            ElfError::Malformed);
  const Image image;
  EXPECT_EQ(parse_elf_header(std::as_bytes(std::span(&image.header, 1)).first(63)).error(), ElfError::Malformed);
}

TEST(ElfSegments, LaysOutTextAndData) {
  Image image;
  image.load(0, 0, 0x1800, 0x1800, PF_R | PF_X).load(0x2e10, 0x1e10, 0x400, 0x3000);
  image.header.e_type = ET_EXEC;
  const auto layout = image.parse();
  ASSERT_TRUE(layout.has_value());
  EXPECT_EQ(image.parse_header()->type, ElfType::Fixed);
  EXPECT_EQ(layout->segment_count, 2u);
  EXPECT_EQ(layout->start, 0u);
  EXPECT_EQ(layout->end, 0x6000u);
  EXPECT_EQ(layout->brk, 0x5e10u);
  EXPECT_EQ(layout->phdr_vaddr, sizeof(Elf64_Ehdr));
  EXPECT_EQ(layout->alignment, 4096u);
  EXPECT_EQ(layout->stack, ElfStack::Unspecified);
  EXPECT_FALSE(layout->beyond_file);

  const ElfSegment& text = image.segments[0];
  EXPECT_EQ(text.prot, prot::read | prot::execute);
  EXPECT_EQ(text.end, 0x2000u);
  EXPECT_EQ(text.file_end, 0x2000u);
  EXPECT_EQ(text.zero_size, 0u);
  const ElfSegment& data = image.segments[1];
  EXPECT_EQ(data.start, 0x2000u);
  EXPECT_EQ(data.offset, 0x1000u);
  EXPECT_EQ(data.zero_start, 0x3210u);
  EXPECT_EQ(data.zero_size, 0xdf0u);
  EXPECT_EQ(data.file_end, 0x4000u);
  EXPECT_EQ(data.end, 0x6000u);
}

TEST(ElfSegments, PureBssMapsNoFile) {
  Image image;
  image.load(0x5008, 0x123, 0, 0x10);
  const auto layout = image.parse();
  ASSERT_TRUE(layout.has_value());
  EXPECT_EQ(image.segments[0].start, 0x5000u);
  EXPECT_EQ(image.segments[0].file_end, 0x5000u);
  EXPECT_EQ(image.segments[0].end, 0x6000u);
  EXPECT_EQ(layout->phdr_vaddr, std::nullopt);
}

TEST(ElfSegments, ReadOnlyTailIsNotCleared) {
  Image image;
  image.load(0, 0, 0x100, 0x2000, PF_R);
  ASSERT_TRUE(image.parse().has_value());
  EXPECT_EQ(image.segments[0].zero_size, 0u);
  EXPECT_EQ(image.segments[0].end, 0x2000u);
}

TEST(ElfSegments, TakesAnyOrderAndSharedPages) {
  Image image;
  image.load(0x5800, 0x1800, 0x100, 0x100).load(0x5000, 0x1000, 0x800, 0x800).load(0x1000, 0, 0x10, 0x10);
  const auto layout = image.parse();
  ASSERT_TRUE(layout.has_value());
  EXPECT_EQ(layout->start, 0x1000u);
  EXPECT_EQ(layout->end, 0x6000u);
  EXPECT_EQ(layout->brk, 0x5900u);
}

TEST(ElfSegments, RefusesHostileLoads) {
  const auto error_of = [](std::uint64_t vaddr, std::uint64_t offset, std::uint64_t filesz, std::uint64_t memsz) {
    Image image;
    image.load(vaddr, offset, filesz, memsz);
    return image.error();
  };
  EXPECT_EQ(error_of(0, 0, 0x2000, 0x1000), ElfError::Malformed);       // more file than memory
  EXPECT_EQ(error_of(0x1001, 0, 0x1000, 0x1000), ElfError::Malformed);  // offset and address disagree
  EXPECT_EQ(error_of(limit, 0, 0x1000, 0x1000), ElfError::Malformed);   // outside the address space
  EXPECT_EQ(error_of(limit - 0x1000, 0, 0x1000, 0x1001), ElfError::Malformed);
  EXPECT_EQ(error_of(~0xfffull, 0, 0x1000, 0x2000), ElfError::Malformed);  // wraps
  EXPECT_EQ(error_of(0x1000, 0, 0x1000, ~0ull), ElfError::Malformed);
  EXPECT_EQ(error_of(0x1000, ~0xfffull, 0x1000, 0x1000), ElfError::Malformed);  // file offset wraps
  EXPECT_EQ(error_of(0x1000, 1ull << 63, 0x1000, 0x1000), ElfError::Malformed);
  EXPECT_EQ(error_of(0, 0, 0, 0), ElfError::Malformed);  // nothing to load
}

TEST(ElfSegments, BoundsAreInclusive) {
  Image image;
  image.load(limit - 0x1000, 0, 0x1000, 0x1000);
  const auto layout = image.parse();
  ASSERT_TRUE(layout.has_value());
  EXPECT_EQ(layout->end, limit);
  image.load(0, 0, 1, 1).load(0, 0, 1, 1).load(0, 0, 1, 1);
  EXPECT_TRUE(image.parse().has_value());
  image.load(0, 0, 1, 1);
  EXPECT_EQ(image.error(), ElfError::TooManySegments);
}

TEST(ElfSegments, TellsATruncatedFile) {
  Image image;
  image.load(0, 0, 0x3000, 0x3000);
  image.file_size = 0x3000;
  EXPECT_FALSE(image.parse()->beyond_file);
  image.file_size = 0x2fff;
  EXPECT_TRUE(image.parse()->beyond_file);
}

TEST(ElfSegments, AlignmentIsTheLargestPowerOfTwo) {
  Image image;
  image.load(0, 0, 1, 1).load(0x1000, 0, 1, 1).load(0x2000, 0, 1, 1);
  image.phdrs[0].p_align = 0x200000;
  image.phdrs[1].p_align = 0x300000;
  image.phdrs[2].p_align = 0;
  EXPECT_EQ(image.parse()->alignment, 0x200000u);
}

TEST(ElfSegments, StackFlags) {
  Image image;
  image.load(0, 0, 1, 1).add({PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16});
  EXPECT_EQ(image.parse()->stack, ElfStack::NotExecutable);
  image.phdrs[1].p_flags |= PF_X;
  EXPECT_EQ(image.parse()->stack, ElfStack::Executable);
}

TEST(ElfInterp, RangeIsChecked) {
  Image image;
  image.load(0, 0, 1, 1).add({PT_INTERP, PF_R, 0x300, 0x300, 0x300, 28, 28, 1});
  const auto layout = image.parse();
  ASSERT_TRUE(layout.has_value());
  EXPECT_EQ(layout->interp_offset, 0x300u);
  EXPECT_EQ(layout->interp_size, 28u);
  for (const std::uint64_t size : {0ull, 1ull, 4097ull, ~0ull}) {
    image.phdrs[1].p_filesz = size;
    EXPECT_EQ(image.error(), ElfError::Malformed) << size;
  }
  image.phdrs[1].p_filesz = 28;
  image.phdrs[1].p_offset = image.file_size - 27;
  EXPECT_EQ(image.error(), ElfError::Malformed);
}

TEST(ElfInterp, PathEndsWithNul) {
  EXPECT_EQ(*parse_elf_interp(bytes_of(std::string("/lib/ld.so\0", 11))), "/lib/ld.so");
  EXPECT_EQ(*parse_elf_interp(bytes_of(std::string("/lib\0x\0", 7))), "/lib");
  EXPECT_EQ(parse_elf_interp(bytes_of("/lib/ld.so")).error(), ElfError::Malformed);
  EXPECT_EQ(parse_elf_interp({}).error(), ElfError::Malformed);
}

TEST(ElfSegments, ThisProgram) {
  std::ifstream self("/proc/self/exe", std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(self), {}};
  const auto header = parse_elf_header(bytes_of(file));
  ASSERT_TRUE(header.has_value());
  std::vector<ElfSegment> segments(16);
  const auto layout =
      parse_elf_segments(*header, bytes_of(file).subspan(header->phdr_offset), file.size(), limit, segments);
  ASSERT_TRUE(layout.has_value());
  EXPECT_GE(layout->segment_count, 2u);
  EXPECT_FALSE(layout->beyond_file);
  EXPECT_EQ(layout->stack, ElfStack::NotExecutable);
  ASSERT_NE(layout->interp_size, 0u);
  const auto path = parse_elf_interp(bytes_of(file).subspan(layout->interp_offset, layout->interp_size));
  ASSERT_TRUE(path.has_value());
  EXPECT_TRUE(path->starts_with("/lib"));
}

struct ScriptCase {
  const char* name;
  std::string file;
  std::optional<std::string> interpreter;
  std::optional<std::string> argument = std::nullopt;
};

class ScriptTest : public ::testing::TestWithParam<ScriptCase> {};

TEST_P(ScriptTest, Parses) {
  const ScriptCase& expected = GetParam();
  const auto line = parse_script_line(bytes_of(expected.file));
  ASSERT_EQ(line.has_value(), expected.interpreter.has_value());
  if (line) {
    EXPECT_EQ(line->interpreter, *expected.interpreter);
    EXPECT_EQ(line->has_argument, expected.argument.has_value());
    EXPECT_EQ(line->argument, expected.argument.value_or(""));
  }
}

std::string letters(std::size_t count) {
  return std::string(count, 'a');
}

INSTANTIATE_TEST_SUITE_P(
    Lines, ScriptTest,
    ::testing::Values(
        ScriptCase{"plain", "#!/bin/sh\necho", "/bin/sh"}, ScriptCase{"blanks", "#! \t/bin/sh \t\n", "/bin/sh"},
        ScriptCase{"argument", "#!/bin/sh -e\n", "/bin/sh", "-e"},
        ScriptCase{"arguments_are_one", "#!/usr/bin/env  -S a\tb  \n", "/usr/bin/env", "-S a\tb"},
        ScriptCase{"no_newline", "#!/bin/sh", "/bin/sh"},
        ScriptCase{"no_newline_argument", "#!/bin/sh -e", "/bin/sh", "-e"},
        ScriptCase{"no_newline_blank", "#!/bin/sh ", "/bin/sh", ""},
        ScriptCase{"nul_ends_name", std::string("#!/bin/sh\0 -e\n", 14), "/bin/sh"},
        ScriptCase{"nul_ends_argument", std::string("#!/bin/sh -e\0f\n", 15), "/bin/sh", "-e"},
        ScriptCase{"carriage_return", "#!/bin/sh\r\n", "/bin/sh\r"}, ScriptCase{"empty_line", "#!\n", std::nullopt},
        ScriptCase{"blank_line", "#!  \t\n/bin/sh", std::nullopt}, ScriptCase{"only_mark", "#!", ""},
        ScriptCase{"not_a_script", "# /bin/sh\n", std::nullopt}, ScriptCase{"one_byte", "#", std::nullopt},
        ScriptCase{"empty", "", std::nullopt}, ScriptCase{"longest_name", "#!" + letters(253) + "\n", letters(253)},
        ScriptCase{"name_cut_off", "#!" + letters(254) + "\n", std::nullopt},
        ScriptCase{"only_blanks", "#!" + std::string(300, ' ') + "x\n", std::nullopt},
        ScriptCase{"only_blanks_and_nul", "#!" + std::string(253, '\t') + std::string(9, '\0'), std::nullopt},
        ScriptCase{"argument_cut_off", "#!/bin/x " + letters(300) + "\n", "/bin/x", letters(246)}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace kx::libos
