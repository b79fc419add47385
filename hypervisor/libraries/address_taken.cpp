#include "hypervisor/libraries/address_taken.hpp"

#include <algorithm>
#include <cstring>
#include <kx/base/address.hpp>
#include <kx/base/verify.hpp>
#include <map>
#include <set>
#include <utility>

#include "hypervisor/libraries/allocations.hpp"
#include "hypervisor/libraries/function_matching.hpp"
#include "hypervisor/text.hpp"

namespace kx::hv::libraries {

namespace {

constexpr std::uint64_t function_alignment = 16;
constexpr std::size_t most_functions = 1 << 20;

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
  const LibraryPointers before(from, old_functions), now(to, new_functions);
  if (std::any_of(taken.begin(), taken.end(), [&](std::uint64_t each) { return !known.contains(each); })) {
    match_functions(before, now, known);
  }
  // With a hook that is for the library to see to.
  for (std::string& line : find_other_allocations(before, now, known)) {
    (pairing.hook != 0 ? pairing.notes : pairing.obstacles).push_back(std::move(line));
  }
  pairing.functions.clear();
  for (const std::uint64_t function : taken) {
    const auto found = known.find(function);
    if (found == known.end()) {
      pairing.obstacles.push_back("the function at " + hexadecimal(function) +
                                  ": pointers to it may be held, and which one it is now no symbol tells");
      continue;
    }
    pairing.functions.push_back({function, found->second, room_of(old_functions, function)});
  }
}

}  // namespace kx::hv::libraries
