#include "hypervisor/libraries/address_taken.hpp"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <cstring>
#include <kx/base/address.hpp>
#include <kx/base/verify.hpp>
#include <map>
#include <set>
#include <utility>

#include "hypervisor/text.hpp"

namespace kx::hv::libraries {

namespace {

constexpr std::uint64_t function_alignment = 16;
constexpr std::size_t most_functions = 1 << 20;
constexpr std::uint64_t most_code = 256 << 20;

// Functions by address, with their sizes (0: unknown), as symbols and unwind information have them.
using Functions = std::map<std::uint64_t, std::uint64_t>;

// The search table of .eh_frame_hdr in the encoding that linkers write; others tell nothing here.
void add_unwound_functions(const ElfFile& file, Functions& functions) {
  constexpr std::uint8_t wanted_encodings[4] = {1, 0x1b, 0x03, 0x3b};  // version; pcrel sdata4, udata4, datarel sdata4
  constexpr std::uint64_t head_size = 12;
  const Elf64_Phdr* const header = file.find(PT_GNU_EH_FRAME);
  const auto head = header != nullptr ? file.at(header->p_vaddr, head_size) : std::span<const std::byte>();
  std::uint32_t count = 0;
  if (head.size() != head_size || std::memcmp(head.data(), wanted_encodings, sizeof wanted_encodings) != 0) {
    return;
  }
  std::memcpy(&count, head.data() + 8, sizeof count);
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, most_functions); ++i) {
    std::int32_t entry[2];
    std::uint32_t range = 0;
    const auto found = file.at(header->p_vaddr + head_size + i * sizeof entry, sizeof entry);
    if (found.size() != sizeof entry) {
      return;
    }
    std::memcpy(entry, found.data(), sizeof entry);
    const std::uint64_t start = header->p_vaddr + static_cast<std::uint64_t>(std::int64_t{entry[0]});
    // Length, CIE, start, range: with the same encoding of addresses, four bytes each.
    const auto description = file.at(header->p_vaddr + static_cast<std::uint64_t>(std::int64_t{entry[1]}), 16);
    if (description.size() == 16) {
      std::memcpy(&range, description.data() + 12, sizeof range);
    }
    if (file.is_text(start)) {
      functions.emplace(start, range);
    }
  }
}

Functions find_functions(const ElfFile& file) {
  Functions functions;
  for (const Symbol& symbol : file.all_symbols()) {
    if (symbol.defined() && symbol.is_function() && file.is_text(symbol.raw.st_value)) {
      std::uint64_t& size = functions[symbol.raw.st_value];
      size = std::max(size, symbol.raw.st_size);
    }
  }
  add_unwound_functions(file, functions);
  return functions;
}

// Where pointers to functions come from: relocations, and LEA with an address relative to RIP. Bytes that only look
// like that are harmless.
std::set<std::uint64_t> find_taken(const ElfFile& file, const Functions& functions) {
  std::set<std::uint64_t> taken;
  const auto take = [&](std::uint64_t address) {
    if (functions.contains(address)) {
      taken.insert(address);
    }
  };
  for (const Relocation& each : file.dynamic().relocations()) {
    if (each.type == R_X86_64_RELATIVE || each.type == R_X86_64_IRELATIVE) {
      take(static_cast<std::uint64_t>(each.addend));
    }
  }
  constexpr std::size_t lea_size = 7;
  for (const Elf64_Phdr& segment : file.headers()) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) {
      continue;
    }
    const auto text = file.at(segment.p_vaddr, segment.p_filesz);
    for (std::size_t i = 0; i + lea_size <= text.size(); ++i) {
      const auto byte = [&](std::size_t n) { return std::to_integer<unsigned>(text[i + n]); };
      if ((byte(0) & 0xfb) == 0x48 && byte(1) == 0x8d && (byte(2) & 0xc7) == 0x05) {
        std::int32_t distance = 0;
        std::memcpy(&distance, text.data() + i + 3, sizeof distance);
        take(segment.p_vaddr + i + lea_size + static_cast<std::uint64_t>(std::int64_t{distance}));
      }
    }
  }
  return taken;
}

// A function's code without what differs when it only lies elsewhere; empty if it cannot be decoded.
std::string plain_code(const ElfFile& file, std::uint64_t start, std::uint64_t size) {
  const auto code = file.at(start, size);
  std::string plain;
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  for (std::size_t at = 0; at < code.size();) {
    ZydisDecodedInstruction instruction;
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeInstruction(&decoder, nullptr, code.data() + at, code.size() - at, &instruction))) {
      return {};
    }
    std::string bytes(reinterpret_cast<const char*>(code.data()) + at, instruction.length);
    if ((instruction.attributes & ZYDIS_ATTRIB_IS_RELATIVE) != 0) {
      const auto clear = [&](std::size_t offset, std::size_t bits) {
        if (bits == 32) {
          bytes.replace(offset, 4, 4, '\0');
        }
      };
      clear(instruction.raw.disp.offset, instruction.raw.disp.size);
      clear(instruction.raw.imm[0].offset, instruction.raw.imm[0].is_relative != 0 ? instruction.raw.imm[0].size : 0);
    }
    plain += bytes;
    at += instruction.length;
  }
  return plain;
}

class Matcher {
 public:
  Matcher(const ElfFile& from, const ElfFile& to, const Functions& old_functions, const Functions& new_functions)
      : from_(from), to_(to), old_(old_functions), new_(new_functions) {}

  // Functions that are the same code, where only one of each version is.
  void match_code(std::map<std::uint64_t, std::uint64_t>& known) const;
  // The function in the same place between neighbours that are known; 0: it is not certain.
  [[nodiscard]] std::uint64_t match_place(const std::map<std::uint64_t, std::uint64_t>& known,
                                          std::uint64_t function) const;

 private:
  const ElfFile& from_;
  const ElfFile& to_;
  const Functions& old_;
  const Functions& new_;
};

void Matcher::match_code(std::map<std::uint64_t, std::uint64_t>& known) const {
  using Code = std::map<std::string, std::vector<std::uint64_t>>;
  const auto collect = [](const ElfFile& file, const Functions& functions) {
    Code code;
    std::uint64_t left = most_code;  // a damaged file may say that its functions overlap
    for (const auto& [start, size] : functions) {
      std::string plain = size <= left ? plain_code(file, start, size) : std::string();
      left -= std::min(left, size);
      code[std::move(plain)].push_back(start);
    }
    return code;
  };
  const Code old_code = collect(from_, old_), new_code = collect(to_, new_);
  for (const auto& [code, functions] : old_code) {
    const auto same = new_code.find(code);
    if (!code.empty() && functions.size() == 1 && same != new_code.end() && same->second.size() == 1) {
      known.emplace(functions.front(), same->second.front());
    }
  }
}

std::uint64_t Matcher::match_place(const std::map<std::uint64_t, std::uint64_t>& known, std::uint64_t function) const {
  const auto after = known.upper_bound(function);
  if (after == known.begin() || after == known.end()) {
    return 0;
  }
  const auto before = std::prev(after);
  const auto distance = [](const Functions& functions, std::uint64_t from, std::uint64_t to) {
    return std::distance(functions.lower_bound(from), functions.lower_bound(to));
  };
  const auto span = distance(old_, before->first, after->first);
  if (after->second <= before->second || distance(new_, before->second, after->second) != span) {
    return 0;
  }
  return std::next(new_.lower_bound(before->second), distance(old_, before->first, function))->first;
}

// The bytes from a function's entry on that are nobody else's: padding up to the next one counts.
std::uint64_t room_of(const Functions& functions, std::uint64_t function) {
  const auto found = functions.find(function);
  KX_VERIFY(found != functions.end());
  if (found->second >= Pair::shortest_jump) {
    return found->second;
  }
  const std::uint64_t padded =
      align_up(function + std::max<std::uint64_t>(found->second, 1), function_alignment) - function;
  const auto next = std::next(found);
  return next != functions.end() ? std::min(padded, next->first - function) : padded;
}

}  // namespace

void pair_unnamed_functions(const ElfFile& from, const ElfFile& to, Pairing& pairing) {
  const Functions old_functions = find_functions(from), new_functions = find_functions(to);
  std::map<std::uint64_t, std::uint64_t> known;
  for (const Pair& each : pairing.functions) {
    known.emplace(each.from, each.to);
  }
  std::set<std::uint64_t> taken = find_taken(from, old_functions);
  // What is exported, if it still is.
  for (const Symbol& symbol : from.dynamic().symbols()) {
    if (symbol.defined() && old_functions.contains(symbol.raw.st_value) && known.contains(symbol.raw.st_value)) {
      taken.insert(symbol.raw.st_value);
    }
  }
  const Matcher matcher(from, to, old_functions, new_functions);
  if (std::any_of(taken.begin(), taken.end(), [&](std::uint64_t each) { return !known.contains(each); })) {
    matcher.match_code(known);
  }
  pairing.functions.clear();
  for (const std::uint64_t function : taken) {
    const auto found = known.find(function);
    const std::uint64_t now = found != known.end() ? found->second : matcher.match_place(known, function);
    if (now == 0) {
      pairing.obstacles.push_back("the function at " + hexadecimal(function) +
                                  ": pointers to it may be held, and which one it is now no symbol tells");
      continue;
    }
    pairing.functions.push_back({function, now, room_of(old_functions, function)});
  }
}

}  // namespace kx::hv::libraries
