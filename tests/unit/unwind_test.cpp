// The unwinder on this process's own stacks: it has to see what the C++ runtime's unwinder sees, and the same callers
// at every instruction of a function.
#include "libraries/unwind.hpp"

#include <alloca.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

// Stores the registers as they are where it returns to.
asm(R"(
  .text
  .type kx_test_capture, @function
kx_test_capture:
  .cfi_startproc
  mov %rax, (%rdi)
  mov %rdx, 8(%rdi)
  mov %rcx, 16(%rdi)
  mov %rbx, 24(%rdi)
  mov %rsi, 32(%rdi)
  mov %rdi, 40(%rdi)
  mov %rbp, 48(%rdi)
  lea 8(%rsp), %rax
  mov %rax, 56(%rdi)
  mov %r8, 64(%rdi)
  mov %r9, 72(%rdi)
  mov %r10, 80(%rdi)
  mov %r11, 88(%rdi)
  mov %r12, 96(%rdi)
  mov %r13, 104(%rdi)
  mov %r14, 112(%rdi)
  mov %r15, 120(%rdi)
  mov (%rsp), %rax
  mov %rax, 128(%rdi)
  ret
  .cfi_endproc
  .size kx_test_capture, . - kx_test_capture
)");
extern "C" void kx_test_capture(kx::libos::UnwindRegisters* registers);

namespace kx::libos {
namespace {

constexpr std::size_t max_frames = 64;
constexpr u32 all_known = (1u << UnwindRegisters::count) - 1;
constexpr u32 kept_by_calls = 0xf048;  // rbx, rbp, r12 to r15

// A walk, kept without a heap: it is made in signal handlers, which may have interrupted the heap's functions.
struct Walk {
  std::array<UnwindRegisters, max_frames> callers;
  std::size_t count = 0;
  UnwindStep last = UnwindStep::Frame;

  [[nodiscard]] u64 rip(std::size_t index) const { return callers[index].value[UnwindRegisters::rip]; }
};

bool read_own(void* /*context*/, u64 address, void* to, u64 size) {
  const iovec local{to, size};
  const iovec remote{reinterpret_cast<void*>(address), size};
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

std::vector<UnwindModule> own_modules() {
  std::vector<UnwindModule> modules;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* to) {
        UnwindModule module{~0ull, 0, 0};
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          const u64 start = info->dlpi_addr + segment.p_vaddr;
          if (segment.p_type == PT_LOAD) {
            module.start = std::min(module.start, start);
            module.end = std::max(module.end, start + segment.p_memsz);
          } else if (segment.p_type == PT_GNU_EH_FRAME) {
            module.frame_header = start;
          }
        }
        static_cast<std::vector<UnwindModule>*>(to)->push_back(module);
        return 0;
      },
      &modules);
  return modules;
}

// Walks to the end, from a place where execution is exact.
void walk_from(const std::vector<UnwindModule>& modules, UnwindRegisters registers, Walk& walk,
               UnwindMemory memory = {read_own, nullptr}) {
  bool after_call = false;
  registers.known = all_known;
  for (walk.count = 0; walk.count < max_frames; ++walk.count) {
    walk.last = unwind_frame(memory, modules, registers, after_call);
    if (walk.last != UnwindStep::Frame) {
      break;
    }
    walk.callers[walk.count] = registers;
  }
}

// Program counters as the C++ runtime sees them.
struct Backtrace {
  std::array<u64, max_frames> pcs;
  std::size_t count = 0;
};

_Unwind_Reason_Code note_frame(_Unwind_Context* context, void* to) {
  auto& backtrace = *static_cast<Backtrace*>(to);
  const u64 pc = _Unwind_GetIP(context);
  if (pc != 0 && backtrace.count < max_frames) {  // 0 is what comes after the outermost
    backtrace.pcs[backtrace.count++] = pc;
  }
  return _URC_NO_REASON;
}

// What both see from one function. Theirs begins with the function itself.
struct Views {
  Backtrace theirs;
  Walk ours;
};

[[gnu::always_inline]] inline void look(const std::vector<UnwindModule>& modules, Views& views) {
  UnwindRegisters registers;
  _Unwind_Backtrace(note_frame, &views.theirs);
  kx_test_capture(&registers);
  walk_from(modules, registers, views.ours);
}

void expect_same(const Views& views, std::size_t at_least) {
  EXPECT_EQ(views.ours.last, UnwindStep::End);
  ASSERT_GE(views.theirs.count, at_least);
  ASSERT_EQ(views.ours.count, views.theirs.count - 1);
  for (std::size_t i = 0; i < views.ours.count; ++i) {
    EXPECT_EQ(views.ours.rip(i), views.theirs.pcs[i + 1]) << "frame " << i;
  }
}

std::vector<UnwindModule> modules;  // of the test that runs
Views views;

class Unwind : public ::testing::Test {
 protected:
  void SetUp() override {
    modules = own_modules();
    views = {};
  }
};

template <class T>
void keep(T& value) {
  asm volatile("" : "+m"(value)::"memory");
}

// A chain of functions with frames of different kinds: of variable size, aligned beyond what a call gives, both, and
// with registers saved.
[[gnu::noinline]] int chain(int depth, void (*at_end)());

[[gnu::noinline]] int variable_frame(int depth, void (*at_end)()) {
  auto* bytes = static_cast<char*>(alloca(static_cast<std::size_t>(depth) * 24 + 1));
  bytes[0] = 1;
  keep(bytes[0]);
  return chain(depth - 1, at_end) + bytes[0];
}

[[gnu::noinline]] int aligned_frame(int depth, void (*at_end)()) {
  alignas(128) int values[32] = {depth};
  keep(values);
  return chain(depth - 1, at_end) + values[0];
}

[[gnu::noinline]] int aligned_variable_frame(int depth, void (*at_end)()) {
  alignas(128) int values[32] = {depth};
  auto* bytes = static_cast<char*>(alloca(static_cast<std::size_t>(depth) * 24 + 1));
  bytes[0] = 1;
  keep(values);
  keep(bytes[0]);
  return chain(depth - 1, at_end) + values[0] + bytes[0];
}

[[gnu::noinline]] int many_registers(int depth, void (*at_end)()) {
  int a = depth + 1, b = depth * 3, c = depth ^ 5, d = depth - 7, e = depth | 64;
  asm volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e));
  const int sum = chain(depth - 1, at_end);
  asm volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e));
  return sum + a + b + c + d + e;
}

int chain(int depth, void (*at_end)()) {
  if (depth <= 0) {
    at_end();
    return 1;
  }
  switch (depth % 4) {
    case 0:
      return variable_frame(depth, at_end) + 1;
    case 1:
      return aligned_frame(depth, at_end) + 1;
    case 2:
      return aligned_variable_frame(depth, at_end) + 1;
    default:
      return many_registers(depth, at_end) + 1;
  }
}

TEST_F(Unwind, SeesTheCallersOfAFunction) {
  chain(
      9, +[] { look(modules, views); });
  expect_same(views, 20);
}

void on_signal(int /*number*/, siginfo_t* /*info*/, void* /*context*/) {
  look(modules, views);
}

// Runs the chain up to a signal whose handler looks.
void expect_same_in_handler(int flags) {
  struct sigaction action = {}, before = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | flags;
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  chain(
      6, +[] { raise(SIGUSR1); });
  sigaction(SIGUSR1, &before, nullptr);
  expect_same(views, 14);
}

TEST_F(Unwind, GoesThroughASignalFrame) {
  expect_same_in_handler(0);
}

// Interrupts the chain on an alternate stack.
void expect_same_on(std::span<char> stack) {
  stack_t alternate = {}, before = {};
  alternate.ss_sp = stack.data();
  alternate.ss_size = stack.size();
  ASSERT_EQ(sigaltstack(&alternate, &before), 0);
  expect_same_in_handler(SA_ONSTACK);
  sigaltstack(&before, nullptr);
}

bool always_goes_up(const Walk& walk) {
  const auto below = [](const UnwindRegisters& a, const UnwindRegisters& b) {
    return a.value[UnwindRegisters::rsp] < b.value[UnwindRegisters::rsp];
  };
  return std::is_sorted(walk.callers.begin(), walk.callers.begin() + static_cast<std::ptrdiff_t>(walk.count), below);
}

constexpr std::size_t alternate_size = 256 * 1024;

TEST_F(Unwind, GoesFromTheAlternateStackToAHigherOne) {
  static std::array<char, alternate_size> stack;
  expect_same_on(stack);
  EXPECT_TRUE(always_goes_up(views.ours));
}

TEST_F(Unwind, GoesFromTheAlternateStackToALowerOne) {
  // The main thread's stack lies above those of others.
  std::array<char, alternate_size> stack;
  pthread_t thread;
  const auto routine = [](void* alternate) -> void* {
    expect_same_on(*static_cast<std::array<char, alternate_size>*>(alternate));
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, nullptr, routine, &stack), 0);
  pthread_join(thread, nullptr);
  EXPECT_FALSE(always_goes_up(views.ours));
}

TEST_F(Unwind, EndsAtTheStartOfAThread) {
  pthread_t thread;
  const auto routine = [](void*) -> void* {
    chain(
        3, +[] { look(modules, views); });
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, nullptr, routine, nullptr), 0);
  pthread_join(thread, nullptr);
  expect_same(views, 7);
}

struct LooksWhenMade : std::runtime_error {
  [[gnu::noinline]] LooksWhenMade() : std::runtime_error("") { look(modules, views); }
};

[[gnu::noinline]] int throws_if(int value) {
  if (__builtin_expect(value == 3, 0)) {
    throw LooksWhenMade();
  }
  keep(value);
  return value * 2;
}

TEST_F(Unwind, KnowsThePartOfAFunctionThatThrows) {
  chain(
      4, +[] {
        for (int value = 0; value < 5; ++value) {
          try {
            throws_if(value);
          } catch (const LooksWhenMade&) {
            return;
          }
        }
      });
  expect_same(views, 12);
}

TEST_F(Unwind, KnowsNothingOutsideOfModules) {
  UnwindRegisters registers{};
  registers.known = all_known;
  registers.value[UnwindRegisters::rsp] = reinterpret_cast<u64>(&registers);
  for (const u64 pc : {u64{0}, u64{1}, reinterpret_cast<u64>(&registers), ~u64{0}}) {
    for (bool after_call : {false, true}) {
      registers.value[UnwindRegisters::rip] = pc;
      EXPECT_EQ(unwind_frame({read_own, nullptr}, modules, registers, after_call), UnwindStep::Unknown);
      EXPECT_EQ(registers.value[UnwindRegisters::rip], pc);
    }
  }
}

TEST_F(Unwind, OneFrameCostsFewReads) {
  static unsigned reads;
  reads = 0;
  UnwindRegisters registers;
  kx_test_capture(&registers);
  const UnwindMemory counted{[](void* context, u64 address, void* to, u64 size) {
                               ++reads;
                               return read_own(context, address, to, size);
                             },
                             nullptr};
  Walk walk;
  walk_from(modules, registers, walk, counted);
  ASSERT_EQ(walk.last, UnwindStep::End);
  // A search among some thousand descriptions, the two entries, the stack.
  EXPECT_LT(reads / (walk.count + 1), 25u);
}

// Real tables and a real stack, with bytes changed on the way.
struct Corruption {
  std::mt19937 random;
  unsigned one_in;
};

bool read_corrupted(void* context, u64 address, void* to, u64 size) {
  auto& corruption = *static_cast<Corruption*>(context);
  if (!read_own(nullptr, address, to, size)) {
    return false;
  }
  for (u64 i = 0; i < size; ++i) {
    if (corruption.random() % corruption.one_in == 0) {
      static_cast<u8*>(to)[i] = static_cast<u8>(corruption.random());
    }
  }
  return true;
}

TEST_F(Unwind, EndsOnCorruptedTables) {
  unsigned frames = 0;
  unsigned unknown = 0;
  UnwindRegisters registers;
  kx_test_capture(&registers);
  for (unsigned round = 0; round < 2000; ++round) {
    Corruption corruption{std::mt19937(round), 100 + round % 7 * 300};
    Walk walk;
    walk_from(modules, registers, walk, {read_corrupted, &corruption});
    frames += walk.count > 1;
    unknown += walk.last == UnwindStep::Unknown;
  }
  EXPECT_GT(frames, 100u);
  EXPECT_GT(unknown, 100u);
}

// Single steps: the first int3 of run_stepped() sets the trap flag, the second clears it, and the handler unwinds in
// between.
struct Stepping {
  bool active = false;
  Walk expected;  // the callers of run_stepped
  std::size_t steps = 0;
  std::size_t deepest = 0;
  std::size_t wrong = 0;
  std::array<u64, 16> wrong_at;
};
Stepping stepping;

UnwindRegisters registers_of(const ucontext_t& context) {
  static constexpr int numbers[] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
                                    REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
  UnwindRegisters registers{};
  for (std::size_t i = 0; i < UnwindRegisters::count; ++i) {
    registers.value[i] = static_cast<u64>(context.uc_mcontext.gregs[numbers[i]]);
  }
  registers.known = all_known;
  return registers;
}

bool same_frame(const UnwindRegisters& a, const UnwindRegisters& b) {
  if (a.known != b.known) {
    return false;
  }
  for (unsigned i = 0; i < UnwindRegisters::count; ++i) {
    if (a.knows(i) && a.value[i] != b.value[i]) {
      return false;
    }
  }
  return true;
}

// The callers of run_stepped, with all that calls keep, are the outermost of this walk.
bool is_expected(const Walk& walk) {
  const Walk& expected = stepping.expected;
  if (walk.last != UnwindStep::End || walk.count < expected.count) {
    return false;
  }
  for (std::size_t i = 0; i < expected.count; ++i) {
    if (!same_frame(walk.callers[walk.count - expected.count + i], expected.callers[i])) {
      return false;
    }
  }
  return true;
}

void on_trap(int /*number*/, siginfo_t* info, void* context) {
  constexpr greg_t trap_flag = 0x100;
  auto& interrupted = *static_cast<ucontext_t*>(context);
  if (info->si_code == SI_KERNEL) {  // an int3
    stepping.active = !stepping.active;
    interrupted.uc_mcontext.gregs[REG_EFL] ^= trap_flag;
    if (stepping.active) {
      walk_from(modules, registers_of(interrupted), stepping.expected);
    }
    return;
  }
  static Walk walk;
  walk_from(modules, registers_of(interrupted), walk);
  ++stepping.steps;
  stepping.deepest = std::max(stepping.deepest, walk.count);
  if (!is_expected(walk)) {
    if (stepping.wrong < stepping.wrong_at.size()) {
      stepping.wrong_at[stepping.wrong] = static_cast<u64>(interrupted.uc_mcontext.gregs[REG_RIP]);
    }
    ++stepping.wrong;
  }
}

[[gnu::noinline]] void run_stepped(void (*body)()) {
  asm volatile("int3" ::: "memory");
  body();
  asm volatile("int3" ::: "memory");
}

// `deepest`: frames that are to be seen above those of the caller.
void expect_callers_at_each_step(void (*body)(), std::size_t at_least, std::size_t deepest) {
  stepping = {};
  struct sigaction action = {}, before = {};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO;
  ASSERT_EQ(sigaction(SIGTRAP, &action, &before), 0);
  run_stepped(body);
  sigaction(SIGTRAP, &before, nullptr);
  ASSERT_EQ(stepping.expected.last, UnwindStep::End);
  EXPECT_EQ(stepping.expected.callers[0].known & kept_by_calls, kept_by_calls);
  EXPECT_GE(stepping.steps, at_least);
  EXPECT_GE(stepping.deepest, stepping.expected.count + deepest);
  EXPECT_EQ(stepping.wrong, 0u) << "of " << stepping.steps << " steps";
  for (std::size_t i = 0; i < std::min(stepping.wrong, stepping.wrong_at.size()); ++i) {
    Dl_info info{};
    dladdr(reinterpret_cast<void*>(stepping.wrong_at[i]), &info);
    ADD_FAILURE() << std::hex << stepping.wrong_at[i] - reinterpret_cast<u64>(info.dli_fbase) << " of "
                  << (info.dli_fname != nullptr ? info.dli_fname : "?") << " "
                  << (info.dli_sname != nullptr ? info.dli_sname : "");
  }
}

TEST_F(Unwind, FindsTheCallersAtEachInstruction) {
  expect_callers_at_each_step(
      +[] {
        chain(
            7, +[] {});
      },
      100, 7);
}

TEST_F(Unwind, FindsTheCallersInLeafFunctions) {
  struct Leaf {
    [[gnu::noinline]] static int run(int value) {
      volatile char red_zone[64];
      red_zone[value] = 3;
      return red_zone[value] + value;
    }
  };
  expect_callers_at_each_step(
      +[] {
        int sum = Leaf::run(5);
        keep(sum);
      },
      8, 2);
}

TEST_F(Unwind, FindsTheCallersInLinkageTablesAndTheLinker) {
  // Called nowhere else, so that the linker resolves it here if the program is bound lazily.
  expect_callers_at_each_step(
      +[] {
        pid_t group = getpgid(0);
        keep(group);
      },
      6, 2);
}

TEST_F(Unwind, FindsTheCallersInTheCLibrary) {
  expect_callers_at_each_step(
      +[] {
        std::array<char, 64> text{};
        std::snprintf(text.data(), text.size(), "%s %d", "text", 42);
        keep(text);
        raise(SIGWINCH);
      },
      300, 3);
}

}  // namespace
}  // namespace kx::libos
