// Host call Decode: what surrounds a system-call instruction, for the library OS's patcher.
//
// x86 code can be decoded forwards only, and where instructions begin before the site is not known. But runs of
// decoding from different offsets soon fall into step, so several are made, and boundaries count only as far as all of
// them agree.
#include <Zydis/Zydis.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cerrno>
#include <span>

#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

namespace {

constexpr std::size_t size_limit = abi::decode_size_limit;
constexpr std::size_t report_limit = abi::decode_report_limit;
constexpr std::size_t run_count = 16;  // an instruction has at most 15 bytes

bool ends_flow(const ZydisDecodedInstruction& instruction) {
  switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_RET:
    case ZYDIS_MNEMONIC_JMP:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_HLT:
      return true;
    default:
      return false;
  }
}

bool is_relative(const ZydisDecodedInstruction& instruction) {
  return (instruction.attributes & ZYDIS_ATTRIB_IS_RELATIVE) != 0 || instruction.mnemonic == ZYDIS_MNEMONIC_CALL;
}

class Surroundings {
 public:
  Surroundings(std::span<const std::byte> code, std::size_t site) : code_(code), site_(site) {
    KX_VERIFY(ZYAN_SUCCESS(ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)));
    find_boundaries();
    decode_behind();
  }

  // The last instructions before the site, whose boundaries are certain, in ascending order.
  std::size_t before(std::array<abi::DecodedInstruction, report_limit>& to) const {
    std::size_t count = 0;
    std::size_t end = site_;
    while (count < report_limit && end > 0) {
      const std::size_t start = predecessor(end);
      if (start == end) {
        break;
      }
      to[count++] = describe(start);
      end = start;
    }
    std::reverse(to.begin(), to.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }

  // The site itself and what follows.
  std::size_t from_site(std::array<abi::DecodedInstruction, report_limit>& to) const {
    std::size_t count = 0;
    for (std::size_t at = site_; at < code_.size() && known_[at].length != 0 && count < report_limit;) {
      to[count++] = describe(at);
      at += known_[at].length;
    }
    return count;
  }

 private:
  struct Known {
    std::uint8_t length = 0;  // 0: not decoded
    bool relative = false, nop = false, ends_flow = false, broken = false;
  };

  // Decodes at `at` once, and notes where it leads to. False: no complete instruction.
  bool decode(std::size_t at) {
    Known& known = known_[at];
    if (known.length != 0 || known.broken) {
      return !known.broken;
    }
    ZydisDecodedInstruction instruction;
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeInstruction(&decoder_, nullptr, code_.data() + at, code_.size() - at, &instruction))) {
      known.broken = true;
      return false;
    }
    known.length = instruction.length;
    known.relative = is_relative(instruction);
    known.nop = instruction.mnemonic == ZYDIS_MNEMONIC_NOP || instruction.mnemonic == ZYDIS_MNEMONIC_INT3;
    known.ends_flow = ends_flow(instruction);
    if ((instruction.attributes & ZYDIS_ATTRIB_IS_RELATIVE) != 0) {
      const std::int64_t distance =
          instruction.raw.imm[0].is_relative ? instruction.raw.imm[0].value.s : instruction.raw.disp.value;
      const auto target = static_cast<std::uint64_t>(static_cast<std::int64_t>(at + instruction.length) + distance);
      if (target < code_.size()) {
        targets_.set(target);
      }
    }
    return true;
  }

  void find_boundaries() {
    for (std::size_t run = 0; run < run_count && run < site_; ++run) {
      std::size_t at = run;
      while (at < site_) {
        ++visits_[at];
        at += decode(at) ? known_[at].length : 1;  // data between functions: into step again behind it
      }
      if (at != site_) {
        agreed_ = false;
      }
      ++runs_;
    }
  }

  void decode_behind() {
    for (std::size_t at = site_; at < code_.size(); at += known_[at].length) {
      if (!decode(at)) {
        break;
      }
    }
  }

  // Where the instruction that ends at `end` starts; `end` if that is not certain.
  [[nodiscard]] std::size_t predecessor(std::size_t end) const {
    constexpr std::size_t longest = 15;
    if (!agreed_) {
      return end;
    }
    for (std::size_t length = 1; length <= longest && length <= end; ++length) {
      const std::size_t at = end - length;
      if (visits_[at] != 0) {
        return visits_[at] == runs_ && known_[at].length == length ? at : end;
      }
    }
    return end;
  }

  [[nodiscard]] abi::DecodedInstruction describe(std::size_t at) const {
    const Known& known = known_[at];
    return {known.length, known.relative, known.nop, known.ends_flow, targets_.test(at), {}};
  }

  std::span<const std::byte> code_;
  std::size_t site_;
  ZydisDecoder decoder_{};
  std::array<Known, size_limit> known_{};
  std::array<std::uint8_t, size_limit> visits_{};  // how many runs have a boundary here
  std::bitset<size_limit> targets_;
  std::size_t runs_ = 0;
  bool agreed_ = true;
};

}  // namespace

// (code_offset, size, site, result_offset): writes the instructions around the one at `site`, at most
// decode_report_limit before it and as many from it on. -> how many; extra[0] = how many of them before the site.
std::int64_t serve_decode(CallContext& context, Call& call) {
  const std::uint64_t size = call.args[1];
  const std::uint64_t site = call.args[2];
  if (size > size_limit || site >= size) {
    return -EINVAL;
  }
  const std::byte* from = buffer_at(context, call.args[0], size);
  std::byte* to = buffer_at(context, call.args[3], 2 * report_limit * sizeof(abi::DecodedInstruction));
  if (from == nullptr || to == nullptr) {
    return -EFAULT;
  }
  std::array<std::byte, size_limit> code;
  copy_once(code.data(), from, size);
  const Surroundings around(std::span<const std::byte>(code).first(size), site);
  std::array<abi::DecodedInstruction, report_limit> report;
  const std::size_t before = around.before(report);
  std::memcpy(to, report.data(), before * sizeof(report[0]));
  const std::size_t behind = around.from_site(report);
  std::memcpy(to + before * sizeof(report[0]), report.data(), behind * sizeof(report[0]));
  call.extra[0] = before;
  return static_cast<std::int64_t>(before + behind);
}

}  // namespace kx::hv
