// Fuzzes the unwinder with arbitrary tables, call-frame programs and stacks; whatever they are, it has to end soon, and
// to keep its promises.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <kx/base/verify.hpp>
#include <span>

#include "libraries/unwind.hpp"
#include "tests/unit/frame_tables.hpp"

namespace {

using kx::libos::TableBytes;
using kx::libos::TableMemory;
using kx::libos::u64;
using kx::libos::u8;
using kx::libos::UnwindRegisters;
using kx::libos::UnwindStep;

// Takes from the front of the input; zeros after its end.
class Input {
 public:
  explicit Input(std::span<const u8> bytes) : bytes_(bytes) {}

  u64 number(std::size_t size) {
    u64 value = 0;
    const std::size_t taken = std::min(size, bytes_.size());
    std::memcpy(&value, bytes_.data(), taken);
    bytes_ = bytes_.subspan(taken);
    return value;
  }
  TableBytes bytes(std::size_t size) {
    const auto taken = bytes_.first(std::min(size, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return {taken.begin(), taken.end()};
  }
  TableBytes rest() { return bytes(bytes_.size()); }

 private:
  std::span<const u8> bytes_;
};

// Programs in sound entries, or entries, or all of it as it comes.
void fill_tables(Input& input, TableMemory& memory) {
  constexpr unsigned kinds = 3;
  const u64 kind = input.number(1) % kinds;
  if (kind == 0) {
    memory.header_bytes = input.bytes(256);
    memory.entry_bytes = input.rest();
    return;
  }
  memory.header_without_table();
  if (kind == 1) {
    memory.entry_bytes = input.rest();
    return;
  }
  kx::libos::CommonEntry common;
  if (input.number(1) % 2 != 0) {
    common.augmentation.push_back('S');
  }
  const TableBytes more = input.bytes(input.number(1));
  common.program.insert(common.program.end(), more.begin(), more.end());
  kx::libos::EntryBuilder entries(TableMemory::entries);
  const u64 address = entries.common(common);
  entries.description(address, TableMemory::text, TableMemory::module_end - TableMemory::text, input.rest());
  memory.entry_bytes = entries.bytes();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input({data, size});
  TableMemory memory;
  UnwindRegisters registers{};
  registers.known = static_cast<std::uint32_t>(input.number(4));
  for (u64& value : registers.value) {
    value = TableMemory::stack + input.number(1) * 8;
  }
  registers.value[UnwindRegisters::rip] = TableMemory::text + input.number(1);
  const u64 odd = input.number(1);  // one of them may be anything
  if (odd < UnwindRegisters::count) {
    registers.value[odd] = input.number(8);
  }
  constexpr std::size_t stack_words = 64;
  for (std::size_t i = 0; i < stack_words; ++i) {
    memory.words.push_back(i % 2 != 0 ? TableMemory::text + i : TableMemory::stack + i * 8);
  }
  fill_tables(input, memory);

  const kx::libos::UnwindModule module{TableMemory::module_start, TableMemory::module_end, TableMemory::header};
  bool after_call = size % 2 != 0;
  constexpr unsigned max_frames = 8;
  constexpr u64 max_reads = 400'000;
  for (unsigned frame = 0; frame < max_frames; ++frame) {
    const UnwindRegisters before = registers;
    const bool was_after_call = after_call;
    memory.reads = 0;
    const UnwindStep step = unwind_frame(memory.memory(), std::span(&module, 1), registers, after_call);
    KX_VERIFY(memory.reads <= max_reads);
    if (step != UnwindStep::Frame) {
      KX_VERIFY(std::memcmp(&before, &registers, sizeof before) == 0 && after_call == was_after_call);
      break;
    }
    KX_VERIFY(registers.knows(UnwindRegisters::rip) && registers.knows(UnwindRegisters::rsp));
    const u64 rsp = registers.value[UnwindRegisters::rsp];
    KX_VERIFY(!after_call || rsp > before.value[UnwindRegisters::rsp] ||
              (rsp == before.value[UnwindRegisters::rsp] && !was_after_call));
  }
  return 0;
}
