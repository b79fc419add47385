// Compiles the system-call filter at compile time: a binary search over call numbers with checks of arguments.
//
// libseccomp would do the same at every start for about half a millisecond, a good part of a pVM's start.
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kx::hv::seccomp {

enum class Verdict : std::uint8_t {
  Kill,
  Allow,
  NotImplemented,  // ENOSYS: glibc then falls back to another call
  Check,           // what `condition` says
};

enum class Condition : std::uint8_t {
  None,
  OneOf,       // the argument is one of `values`
  BitsClear,   // none of the bits of values[0] is set
  BitsExact,   // of the bits of values[0], exactly those of values[1] are set
  OwnProcess,  // the argument is the process's own id
  KvmOrOneOf,  // an ioctl of KVM, or one of `values`
};

// What happens to one system call.
struct Rule {
  Verdict verdict = Verdict::Kill;
  Condition condition = Condition::None;
  std::uint8_t argument = 0;
  std::span<const std::uint32_t> values{};

  constexpr bool operator==(const Rule& other) const {
    return verdict == other.verdict && verdict != Verdict::Check;  // checked calls stand alone
  }
};

inline constexpr std::size_t table_size = 512;
inline constexpr std::size_t capacity = 1024;
inline constexpr std::uint32_t own_process_mark = 0x7fff'4b58;  // replaced by getpid() at installation

using Table = std::array<Rule, table_size>;

struct Program {
  std::array<sock_filter, capacity> code{};
  std::uint16_t size = 0;
};

class Compiler {
 public:
  constexpr explicit Compiler(const Table& table) {
    for (std::uint32_t number = 0; number < table_size; ++number) {
      if (number == 0 || !(table[number] == runs_[run_count_ - 1].rule)) {
        runs_[run_count_++] = {number, table[number]};
      }
    }
    runs_[run_count_++] = {table_size, Rule{}};  // all that is beyond, the x32 calls among them
  }

  constexpr Program compile() {
    emit(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
    emit(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    emit_return(SECCOMP_RET_KILL_PROCESS);
    emit(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
    emit_search(0, run_count_);
    return program_;
  }

 private:
  struct Run {
    std::uint32_t first = 0;
    Rule rule{};
  };

  constexpr void emit(std::uint32_t code, std::uint32_t operand, std::size_t if_true = 0, std::size_t if_false = 0) {
    program_.code[program_.size++] = {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(if_true),
                                      static_cast<std::uint8_t>(if_false), operand};
  }
  constexpr void emit_return(std::uint32_t action) { emit(BPF_RET | BPF_K, action); }

  // Low words suffice: the kernel takes these arguments as 32-bit values, or looks at the low bits only.
  constexpr void emit_load_argument(std::uint8_t index) {
    emit(BPF_LD | BPF_W | BPF_ABS,
         static_cast<std::uint32_t>(offsetof(seccomp_data, args) + std::size_t{index} * sizeof(std::uint64_t)));
  }

  constexpr void emit_one_of(std::span<const std::uint32_t> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      emit(BPF_JMP | BPF_JEQ | BPF_K, values[i], values.size() - i, 0);  // to the last return
    }
    emit_return(SECCOMP_RET_KILL_PROCESS);
    emit_return(SECCOMP_RET_ALLOW);
  }

  constexpr void emit_check(const Rule& rule) {
    constexpr std::uint32_t kvm_type = 0xae00;
    emit_load_argument(rule.argument);
    switch (rule.condition) {
      case Condition::None:
        emit_return(SECCOMP_RET_KILL_PROCESS);
        break;
      case Condition::OneOf:
        emit_one_of(rule.values);
        break;
      case Condition::BitsClear:
        emit(BPF_JMP | BPF_JSET | BPF_K, rule.values[0], 1, 0);
        emit_return(SECCOMP_RET_ALLOW);
        emit_return(SECCOMP_RET_KILL_PROCESS);
        break;
      case Condition::BitsExact:
        emit(BPF_ALU | BPF_AND | BPF_K, rule.values[0]);
        emit(BPF_JMP | BPF_JEQ | BPF_K, rule.values[1], 1, 0);
        emit_return(SECCOMP_RET_KILL_PROCESS);
        emit_return(SECCOMP_RET_ALLOW);
        break;
      case Condition::OwnProcess:
        emit(BPF_JMP | BPF_JEQ | BPF_K, own_process_mark, 1, 0);
        emit_return(SECCOMP_RET_KILL_PROCESS);
        emit_return(SECCOMP_RET_ALLOW);
        break;
      case Condition::KvmOrOneOf:
        emit(BPF_ALU | BPF_AND | BPF_K, 0xff00);
        emit(BPF_JMP | BPF_JEQ | BPF_K, kvm_type, 0, 1);
        emit_return(SECCOMP_RET_ALLOW);
        emit_load_argument(rule.argument);
        emit_one_of(rule.values);
        break;
    }
  }

  constexpr void emit_rule(const Rule& rule) {
    constexpr std::uint32_t enosys = 38;
    switch (rule.verdict) {
      case Verdict::Kill:
        emit_return(SECCOMP_RET_KILL_PROCESS);
        break;
      case Verdict::Allow:
        emit_return(SECCOMP_RET_ALLOW);
        break;
      case Verdict::NotImplemented:
        emit_return(SECCOMP_RET_ERRNO | enosys);
        break;
      case Verdict::Check:
        emit_check(rule);
        break;
    }
  }

  // Runs [begin, end): the number lies in one of them. Far jumps go through JA, whose distance has 32 bits.
  constexpr void emit_search(std::size_t begin, std::size_t end) {
    if (end - begin == 1) {
      emit_rule(runs_[begin].rule);
      return;
    }
    const std::size_t middle = (begin + end) / 2;
    emit(BPF_JMP | BPF_JGE | BPF_K, runs_[middle].first, 0, 1);
    const std::size_t jump = program_.size;
    emit(BPF_JMP | BPF_JA, 0);
    emit_search(begin, middle);
    program_.code[jump].k = static_cast<std::uint32_t>(program_.size - jump - 1);
    emit_search(middle, end);
  }

  Program program_{};
  std::array<Run, table_size + 1> runs_{};
  std::size_t run_count_ = 0;
};

}  // namespace kx::hv::seccomp
