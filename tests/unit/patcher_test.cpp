// The patcher: sites found, plans refused, and patched code that is run on this processor.
#include "entry/patcher.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <vector>

// Entries as the library OS has them. The system call gives number + 1000 and destroys what the contract lets it:
// r11, the flags. The cpuid gives leaf, 0xb, subleaf + 5, 0xd, destroys the flags, and uses the stack.
asm(R"(
  .text
kx_test_syscall_entry:
  lea 1000(%rax), %rax
  xor %r11d, %r11d
  cmp $1, %r11d
  jmp *%rcx
kx_test_cpuid_entry:
  push %r8
  push %r8
  mov $0xb, %ebx
  add $5, %ecx
  mov $0xd, %edx
  cmp $1, %edx
  pop %r8
  pop %r8
  ret
)");
extern "C" void kx_test_syscall_entry();
extern "C" void kx_test_cpuid_entry();

namespace kx::libos {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes mov_eax(std::uint32_t value) {
  return {0xb8, static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8),
          static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 24)};
}

const Bytes syscall_code = {0x0f, 0x05};
const Bytes cpuid_code = {0x0f, 0xa2};
const Bytes ret_code = {0xc3};

std::vector<SyscallSite> s1_sites(const Bytes& text) {
  std::vector<SyscallSite> sites;
  find_sites(
      text, 0x1000, [&](const SyscallSite& site) { sites.push_back(site); }, [](const CpuidSite&) {});
  return sites;
}

std::vector<CpuidSite> cpuid_sites(const Bytes& text) {
  std::vector<CpuidSite> sites;
  find_sites(
      text, 0x1000, [](const SyscallSite&) {}, [&](const CpuidSite& site) { sites.push_back(site); });
  return sites;
}

TEST(FindS1, FindsExactPatterns) {
  const Bytes text = ret_code + mov_eax(39) + syscall_code + mov_eax(511) + syscall_code + ret_code;
  const auto sites = s1_sites(text);
  ASSERT_EQ(sites.size(), 2u);
  EXPECT_EQ(sites[0].address, 0x1001u);
  EXPECT_EQ(sites[0].number, 39u);
  EXPECT_EQ(sites[1].address, 0x1008u);
  EXPECT_EQ(sites[1].number, 511u);
}

TEST(FindS1, LeavesOutWhatIsNone) {
  EXPECT_TRUE(s1_sites({}).empty());
  EXPECT_TRUE(s1_sites(mov_eax(512) + syscall_code).empty());
  EXPECT_TRUE(s1_sites(mov_eax(1) + Bytes{0x0f}).empty());
  EXPECT_TRUE(s1_sites(mov_eax(1) + Bytes{0x90} + syscall_code).empty());
}

TEST(FindS1, LeavesOutTailsOfLongerInstructions) {
  EXPECT_TRUE(s1_sites(Bytes{0x41} + mov_eax(1) + syscall_code).empty());              // mov $1,%r8d
  EXPECT_TRUE(s1_sites(Bytes{0x48} + mov_eax(1) + syscall_code).empty());              // movabs
  EXPECT_TRUE(s1_sites(Bytes{0xc7, 0x45} + mov_eax(1) + syscall_code).empty());        // movl $1,-0x48(%rbp)
  EXPECT_TRUE(s1_sites(Bytes{0xc7, 0x44, 0x24} + mov_eax(1) + syscall_code).empty());  // movl $1,-0x48(%rsp)
}

TEST(FindS1, LeavesOutWhatWritesCode) {
  EXPECT_TRUE(s1_sites(Bytes{0x48, 0xb8} + mov_eax(39) + syscall_code + ret_code).empty());  // movabs
  EXPECT_TRUE(s1_sites(Bytes{0x49, 0xbb, 0x90} + mov_eax(39) + syscall_code).empty());
  EXPECT_TRUE(s1_sites(Bytes{0xc7, 0x83} + mov_eax(39) + syscall_code + ret_code).empty());  // movl $..,0x27b8(%rbx)
  EXPECT_TRUE(s1_sites(Bytes{0xc6, 0x05} + mov_eax(39) + syscall_code).empty());             // movb $0,0x27b8(%rip)
  EXPECT_TRUE(s1_sites(Bytes{0x49, 0x8d} + mov_eax(256) + syscall_code).empty());            // lea 256(%r8),%rdi
  EXPECT_TRUE(s1_sites(Bytes{0x45, 0x0f, 0xb6} + mov_eax(256) + syscall_code).empty());      // movzbl 256(%r8),%r15d
}

TEST(FindSites, FindsEveryPositionInLongText) {
  for (std::size_t offset = 0; offset < 70; ++offset) {
    Bytes text(offset, 0x90);
    text = text + mov_eax(39) + syscall_code;
    text.resize(text.size() + offset % 19, 0x0f);
    ASSERT_EQ(s1_sites(text).size(), 1u) << offset;
    EXPECT_EQ(s1_sites(text)[0].address, 0x1000 + offset);
  }
}

TEST(FindCpuid, FindsWhatCanMove) {
  const std::vector<Bytes> moved = {mov_eax(0x80000000),
                                    mov_eax(7) + Bytes{0x31, 0xc9},
                                    mov_eax(4) + Bytes{0x89, 0xf1},                         // mov %esi,%ecx
                                    Bytes{0xc6, 0x44, 0x24, 0x0f, 0x00},                    // movb $0,15(%rsp)
                                    Bytes{0xc7, 0x44, 0x24, 0x60, 0x00, 0x00, 0x00, 0x00},  // movl $0,96(%rsp)
                                    Bytes{0x44, 0x89, 0xe0, 0x89, 0xf1}};  // mov %r12d,%eax; mov %esi,%ecx
  for (const Bytes& code : moved) {
    const auto sites = cpuid_sites(Bytes{0x90, 0x90} + code + cpuid_code);
    ASSERT_EQ(sites.size(), 1u);
    EXPECT_EQ(sites[0].address, 0x1002u);
    EXPECT_EQ(Bytes(sites[0].moved.begin(), sites[0].moved.begin() + sites[0].moved_size), code);
  }
}

TEST(FindCpuid, LeavesOutWhatCannotMove) {
  EXPECT_TRUE(cpuid_sites(Bytes{0x89, 0xf8, 0x89, 0xf1} + cpuid_code).empty());
  EXPECT_TRUE(cpuid_sites(mov_eax(4) + Bytes{0x31, 0xc0} + cpuid_code).empty());
  // A branch leads between the two moves.
  EXPECT_TRUE(cpuid_sites(Bytes{0x44, 0x89, 0xe0, 0x89, 0xf1} + cpuid_code + Bytes{0x75, 0xfa}).empty());
  EXPECT_TRUE(
      cpuid_sites(Bytes{0x44, 0x89, 0xe0, 0x89, 0xf1} + cpuid_code + Bytes{0xe9, 0xf7, 0xff, 0xff, 0xff}).empty());
}

TEST(FindSites, RandomBytesStayInBounds) {
  std::mt19937 random(1);
  const std::uint8_t alphabet[] = {0xb8, 0x0f, 0x05, 0xa2, 0x31, 0xc9, 0x00, 0x01};
  for (int round = 0; round < 2000; ++round) {
    Bytes text(random() % 24);
    for (auto& byte : text) {
      byte = alphabet[random() % sizeof alphabet];
    }
    for (const auto& site : s1_sites(text)) {
      const std::size_t at = site.address - 0x1000;
      ASSERT_LE(at + 7, text.size());
      EXPECT_EQ(Bytes(text.begin() + at, text.begin() + at + 7), mov_eax(site.number) + syscall_code);
    }
    for (const auto& site : cpuid_sites(text)) {
      ASSERT_LE(site.address - 0x1000 + site.moved_size + 2u, text.size());
    }
  }
}

TEST(Plan, RefusesWhatIsOutOfReach) {
  const std::uint64_t site = 0x5555'0000'0000;
  const SyscallSite syscall{site, 1};
  const auto plan = [&](std::uint64_t trampoline, std::uint64_t slot) {
    const auto patch = plan_s1(syscall, {trampoline, slot});
    return patch.has_value() || patch.error() != PatchError::OutOfReach;
  };
  const std::uint64_t reach = 1ull << 31;
  EXPECT_TRUE(plan(site + 5 + reach - 1 - 64, site));
  EXPECT_FALSE(plan(site + 5 + reach, site));
  EXPECT_TRUE(plan(site + 5 - reach + 64, site));
  EXPECT_FALSE(plan(site + 5 - reach - 1, site));
  EXPECT_TRUE(plan(site + 0x1000, 0x1000));             // an absolute slot below 2 GiB
  EXPECT_FALSE(plan(site + 0x1000, site + 2 * reach));  // neither near nor low
  EXPECT_FALSE(plan_cpuid({site, {}, 5}, {site + 5 + reach, site}).has_value());
}

// Code to run: text in one page, trampoline in the next, the entry slot in the third.
class PatchedCode : public ::testing::Test {
 protected:
  static constexpr std::size_t page = 4096;

  void SetUp() override {
    void* memory = mmap(nullptr, 3 * page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    memory_ = static_cast<std::uint8_t*>(memory);
    std::memset(memory_, 0xcc, 2 * page);
  }
  void TearDown() override { munmap(memory_, 3 * page); }

  [[nodiscard]] std::uint64_t text() const { return reinterpret_cast<std::uint64_t>(memory_); }
  TrampolinePlace place(void (*entry)()) {
    std::memcpy(memory_ + 2 * page, &entry, sizeof entry);
    return {text() + page, text() + 2 * page};
  }
  void write(const Bytes& code) { std::copy(code.begin(), code.end(), memory_); }
  [[nodiscard]] Bytes read(std::size_t offset, std::size_t size) const {
    return {memory_ + offset, memory_ + offset + size};
  }
  void apply(const Patch& patch) {
    std::memcpy(reinterpret_cast<void*>(patch.trampoline_address), patch.trampoline.data(), patch.trampoline_size);
    for (std::size_t index = 0; index < patch.edit_count; ++index) {
      const CodeEdit& edit = patch.edits[index];
      std::memcpy(reinterpret_cast<void*>(edit.address), edit.bytes.data(), edit.size);
    }
  }
  std::uint64_t run(std::uint64_t argument, std::size_t offset = 0) {
    return reinterpret_cast<std::uint64_t (*)(std::uint64_t)>(memory_ + offset)(argument);
  }

  std::uint8_t* memory_ = nullptr;
};

TEST_F(PatchedCode, S1EntersAndKeepsTheSyscall) {
  write(mov_eax(39) + syscall_code + ret_code);
  EXPECT_EQ(run(0), static_cast<std::uint64_t>(getpid()));
  const auto patch = plan_s1({text(), 39}, place(kx_test_syscall_entry));
  ASSERT_TRUE(patch.has_value());
  apply(*patch);
  EXPECT_EQ(run(0), 1039u);
  EXPECT_EQ(read(5, 2), syscall_code);
  EXPECT_EQ(patch->moved_size, 0);
}

TEST_F(PatchedCode, S1KeepsTheRedZone) {
  // mov %rdi,-8(%rsp); mov $1,%eax; syscall; mov -8(%rsp),%rax; ret
  write(Bytes{0x48, 0x89, 0x7c, 0x24, 0xf8} + mov_eax(1) + syscall_code + Bytes{0x48, 0x8b, 0x44, 0x24, 0xf8, 0xc3});
  apply(*plan_s1({text() + 5, 1}, place(kx_test_syscall_entry)));
  EXPECT_EQ(run(0x123456789), 0x123456789u);
}

TEST_F(PatchedCode, CpuidGivesTheEntrysAnswer) {
  // push %rbx; mov $7,%eax; xor %ecx,%ecx; cpuid; add %ecx,%eax; add %ebx,%eax; add %edx,%eax; pop %rbx; ret
  write(Bytes{0x53} + mov_eax(7) + Bytes{0x31, 0xc9} + cpuid_code +
        Bytes{0x01, 0xc8, 0x01, 0xd8, 0x01, 0xd0, 0x5b, 0xc3});
  apply(*plan_cpuid({text() + 1, {0xb8, 7, 0, 0, 0, 0x31, 0xc9}, 7}, place(kx_test_cpuid_entry)));
  EXPECT_EQ(run(0), 7u + 5u + 0xbu + 0xdu);
}

TEST_F(PatchedCode, CpuidKeepsFlagsAndRedZone) {
  // push %rbx; mov %rdi,-8(%rsp); mov $-1,%r11; stc; mov $1,%eax; cpuid; setc %al; movzbl %al,%eax;
  // add -8(%rsp),%rax; pop %rbx; ret
  write(Bytes{0x53, 0x48, 0x89, 0x7c, 0x24, 0xf8, 0x49, 0xc7, 0xc3, 0xff, 0xff, 0xff, 0xff, 0xf9} + mov_eax(1) +
        cpuid_code + Bytes{0x0f, 0x92, 0xc0, 0x0f, 0xb6, 0xc0, 0x48, 0x03, 0x44, 0x24, 0xf8, 0x5b, 0xc3});
  apply(*plan_cpuid({text() + 14, {0xb8, 1, 0, 0, 0}, 5}, place(kx_test_cpuid_entry)));
  EXPECT_EQ(run(0x1000000000), 0x1000000001u);
}

constexpr DecodedInstruction plain(std::uint8_t length) {
  return {length, false, false, false, false};
}
constexpr DecodedInstruction nop(std::uint8_t length) {
  return {length, false, true, false, false};
}
constexpr DecodedInstruction relative(std::uint8_t length) {
  return {length, true, false, false, false};
}
constexpr DecodedInstruction ret() {
  return {1, false, false, true, false};
}
constexpr DecodedInstruction target(DecodedInstruction instruction) {
  instruction.branch_target = true;
  return instruction;
}

TEST_F(PatchedCode, S2JumpsThroughPaddingBehind) {
  // mov %edi,%eax; syscall; ret; padding
  write(Bytes{0x89, 0xf8} + syscall_code + ret_code + Bytes(11, 0x90));
  const DecodedInstruction before[] = {plain(2)};
  const DecodedInstruction after[] = {ret(), nop(4), nop(7)};
  const auto patch = plan_s2({text() + 2, before, after, {}, {}}, place(kx_test_syscall_entry));
  ASSERT_TRUE(patch.has_value());
  ASSERT_EQ(patch->edit_count, 2);
  EXPECT_EQ(patch->edits[0].address, text() + 5) << "the long jump must stand before the short one leads to it";
  apply(*patch);
  EXPECT_EQ(run(5), 1005u);
  EXPECT_EQ(read(0, 2), (Bytes{0x89, 0xf8}));
}

TEST_F(PatchedCode, S2JumpsThroughPaddingBefore) {
  // ret; padding; at 16: mov %edi,%eax; syscall; ret
  write(ret_code + Bytes(15, 0xcc) + Bytes{0x89, 0xf8} + syscall_code + ret_code);
  const DecodedInstruction before[] = {ret(), nop(1), nop(1), nop(1), nop(1), nop(1), nop(10), target(plain(2))};
  const DecodedInstruction after[] = {ret()};
  const auto patch = plan_s2({text() + 18, before, after, {}, {}}, place(kx_test_syscall_entry));
  ASSERT_TRUE(patch.has_value());
  EXPECT_EQ(patch->edits[0].address, text() + 1);
  apply(*patch);
  EXPECT_EQ(run(5, 16), 1005u);
}

TEST_F(PatchedCode, PredecessorMovesAndTheSyscallStays) {
  // push %rdi; mov 0(%rsp),%rax in a form of five bytes; syscall; pop %rdi; ret
  write(Bytes{0x90, 0x57} + Bytes{0x48, 0x8b, 0x44, 0x24, 0x00} + syscall_code + Bytes{0x5f, 0xc3});
  const DecodedInstruction before[] = {plain(1), plain(1), target(plain(5))};
  const Bytes before_bytes = read(0, 7);
  const auto patch = plan_predecessor({text() + 7, before, {}, before_bytes, {}}, place(kx_test_syscall_entry));
  ASSERT_TRUE(patch.has_value());
  EXPECT_EQ(patch->start_address, text() + 2);
  EXPECT_EQ(patch->call_address, text() + 7);
  EXPECT_EQ(patch->call_offset, 5);
  EXPECT_EQ(patch->edit_count, 1);
  apply(*patch);
  EXPECT_EQ(run(5), 1005u);
  EXPECT_EQ(read(7, 2), syscall_code);
}

TEST(PlanPredecessor, RefusesWhatCannotMove) {
  const Bytes code(32, 0x90);
  const auto error = [&](std::vector<DecodedInstruction> before) {
    const auto patch = plan_predecessor({0x1000, before, {}, code, {}}, {0x2000, 0x3000});
    return patch.has_value() ? PatchError::OutOfReach : patch.error();
  };
  EXPECT_EQ(error({}), PatchError::NoRoom);
  EXPECT_EQ(error({plain(5), plain(4)}), PatchError::NoRoom);
  EXPECT_EQ(error({relative(7)}), PatchError::NotMovable);
  EXPECT_EQ(error({plain(9)}), PatchError::OutOfReach);  // none: planned
}

TEST(PlanS2, RefusesPaddingThatMayRun) {
  const auto refused = [](std::vector<DecodedInstruction> after, std::uint64_t address = 0x1000) {
    const auto patch = plan_s2({address, {}, after, {}, {}}, {0x2000, 0x3000});
    return !patch.has_value() && patch.error() == PatchError::NoPadding;
  };
  EXPECT_FALSE(refused({ret(), nop(5)}));
  EXPECT_TRUE(refused({ret(), nop(4)}));
  EXPECT_TRUE(refused({plain(1), nop(9)}));       // falls into it
  EXPECT_TRUE(refused({ret(), target(nop(9))}));  // branched to
  EXPECT_TRUE(refused({ret(), nop(4), target(nop(9))}));
  EXPECT_TRUE(refused({ret(), plain(1), nop(9)}));
  EXPECT_TRUE(refused({ret(), nop(9)}, 0x100a));  // crosses a boundary where a function may start
  EXPECT_TRUE(refused({ret(), nop(9)}, 0x100d));  // begins at one
}

TEST(PlanS2, ReachesAsFarAsAShortJump) {
  const auto planned = [](std::size_t distance) {
    std::vector<DecodedInstruction> after;
    for (std::size_t count = 0; count + 1 < distance; ++count) {
      after.push_back(plain(1));
    }
    after.push_back(ret());
    after.push_back(nop(5));
    // Such that the padding never meets a boundary.
    return plan_s2({0x10001 - distance, {}, after, {}, {}}, {0x2000, 0x3000}).has_value();
  };
  EXPECT_TRUE(planned(127));
  EXPECT_FALSE(planned(128));
}

TEST_F(PatchedCode, S3MovesWhatFollows) {
  // mov %edi,%eax; syscall; add $1,%rax; ret
  write(Bytes{0x89, 0xf8} + syscall_code + Bytes{0x48, 0x83, 0xc0, 0x01, 0xc3});
  const DecodedInstruction after[] = {plain(4), ret()};
  const Bytes after_bytes = read(4, 5);
  const auto patch = plan_s3({text() + 2, {}, after, {}, after_bytes}, place(kx_test_syscall_entry));
  ASSERT_TRUE(patch.has_value());
  EXPECT_EQ(patch->moved_start, text() + 4);
  EXPECT_EQ(patch->moved_size, 4);
  apply(*patch);
  EXPECT_EQ(run(5), 1006u);
  // A return address that pointed behind the syscall goes on in the trampoline: add $1,%rax; back; ret.
  EXPECT_EQ(Bytes(patch->trampoline.begin() + (patch->moved_to - patch->trampoline_address),
                  patch->trampoline.begin() + (patch->moved_to - patch->trampoline_address) + 4),
            Bytes(after_bytes.begin(), after_bytes.begin() + 4));
}

TEST_F(PatchedCode, S3MovesAReturnAndTakesItsPadding) {
  // mov %edi,%eax; syscall; ret; 2 bytes of padding
  write(Bytes{0x89, 0xf8} + syscall_code + ret_code + Bytes{0x66, 0x90});
  const DecodedInstruction after[] = {ret(), nop(2)};
  const Bytes after_bytes = read(4, 3);
  const auto patch = plan_s3({text() + 2, {}, after, {}, after_bytes}, place(kx_test_syscall_entry));
  ASSERT_TRUE(patch.has_value());
  EXPECT_EQ(patch->moved_size, 1);
  apply(*patch);
  EXPECT_EQ(run(7), 1007u);
}

TEST(PlanS3, RefusesWhatCannotMove) {
  const Bytes code(32, 0x90);
  const auto error = [&](std::vector<DecodedInstruction> after, std::uint64_t address = 0x1000) {
    const auto patch = plan_s3({address, {}, after, {}, code}, {0x2000, 0x3000});
    return patch.has_value() ? PatchError::OutOfReach : patch.error();
  };
  EXPECT_EQ(error({plain(1), relative(5)}), PatchError::NotMovable);
  EXPECT_EQ(error({plain(1), target(plain(5))}), PatchError::BranchTarget);
  EXPECT_EQ(error({target(plain(5))}), PatchError::BranchTarget);
  EXPECT_EQ(error({plain(2)}), PatchError::NoRoom);
  EXPECT_EQ(error({}), PatchError::NoRoom);
  EXPECT_EQ(error({ret(), plain(5)}), PatchError::NoRoom);
  EXPECT_EQ(error({ret(), nop(1)}), PatchError::NoRoom);
  EXPECT_EQ(error({ret(), nop(9)}, 0x100d), PatchError::NoRoom);  // the padding may be a function
  EXPECT_TRUE(
      plan_s3({0x1000, {}, std::vector{plain(3), target(relative(5))}, {}, code}, {0x2000, 0x3000}).has_value());
  EXPECT_TRUE(plan_s3({0x1000, {}, std::vector{plain(2), plain(15)}, {}, code}, {0x2000, 0x3000}).has_value());
}

}  // namespace
}  // namespace kx::libos
