// The unwinder on tables made by hand: each instruction and operation, each encoding, and tables that are malformed.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <tuple>
#include <vector>

#include "frame_tables.hpp"
#include "libraries/unwind.hpp"

namespace kx::libos {
namespace {

constexpr u64 text = TableMemory::text;
constexpr u64 stack = TableMemory::stack;
constexpr unsigned rax = 0, rcx = 2, rbx = 3, rbp = 6, rsp = 7, r12 = 12, rip = 16;

TableBytes operator+(TableBytes left, const TableBytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

TableBytes repeated(std::size_t count, u8 byte) {
  return TableBytes(count, byte);
}

// One frame, unwound at text + 0x10. The stack's words are 0x1000, 0x1001, ...
class Frame {
 public:
  explicit Frame(const TableBytes& program, const CommonEntry& common = {}) {
    memory.header_without_table();
    EntryBuilder entries(TableMemory::entries);
    entries.description(entries.common(common), text, 0x100, program);
    entries.end();
    memory.entry_bytes = entries.bytes();
    for (u64 i = 0; i < 64; ++i) {
      memory.words.push_back(0x1000 + i);
    }
    registers.known = 0x1ffff;
    for (unsigned i = 0; i < UnwindRegisters::count; ++i) {
      registers.value[i] = 0x100 + i;
    }
    registers.value[rsp] = stack + 128;
    registers.value[rip] = text + 0x10;
  }

  UnwindStep step() {
    const UnwindModule module{TableMemory::module_start, TableMemory::module_end, TableMemory::header};
    return unwind_frame(memory.memory(), std::span(&module, 1), registers, after_call);
  }
  // The register in the caller; the frame has to be one.
  u64 caller(unsigned number) {
    EXPECT_EQ(step(), UnwindStep::Frame);
    EXPECT_TRUE(registers.knows(number));
    return registers.value[number];
  }

  TableMemory memory;
  UnwindRegisters registers{};
  bool after_call = false;
};

// What the expression gives, as rbx of the caller.
struct Evaluated {
  UnwindStep step;
  u64 value;
};
Evaluated evaluate(const TableBytes& expression) {
  TableBytes program = {0x16, rbx, static_cast<u8>(0x80 | (expression.size() & 0x7f)),
                        static_cast<u8>(expression.size() >> 7)};
  Frame frame(program + expression);
  const UnwindStep step = frame.step();
  return {step, frame.registers.value[rbx]};
}
u64 value_of(const TableBytes& expression) {
  const Evaluated result = evaluate(expression);
  EXPECT_EQ(result.step, UnwindStep::Frame);
  return result.value;
}
bool fails(const TableBytes& expression) {
  return evaluate(expression).step == UnwindStep::Unknown;
}

TEST(UnwindTable, AFrameWithoutInstructionsIsThatOfTheCommonEntry) {
  Frame frame({});
  ASSERT_EQ(frame.step(), UnwindStep::Frame);
  EXPECT_EQ(frame.registers.value[rip], 0x1010u);
  EXPECT_EQ(frame.registers.value[rsp], stack + 136);
  EXPECT_EQ(frame.registers.value[rbx], 0x103u);
  EXPECT_EQ(frame.registers.known, 0x1f0c8u) << "what a call destroys is not known";
  EXPECT_TRUE(frame.after_call);
}

TEST(UnwindTable, LocationsAdvance) {
  const TableBytes def_24 = {0x0e, 24}, def_32 = {0x0e, 32};
  const std::vector<TableBytes> to_0x10 = {
      {0x40 | 0x10}, {0x02, 0x10}, {0x03, 0x10, 0}, {0x04, 0x10, 0, 0, 0}, {0x40 | 0x0f, 0x41}};
  for (const TableBytes& advance : to_0x10) {
    EXPECT_EQ(Frame(advance + def_24).caller(rsp), stack + 152) << int{advance[0]};
    EXPECT_EQ(Frame(advance + TableBytes{0x41} + def_24).caller(rsp), stack + 136);
    Frame returning(advance + def_24);
    returning.after_call = true;
    EXPECT_EQ(returning.caller(rsp), stack + 136) << "a return address belongs to the call before it";
  }
  // DW_CFA_set_loc, relative to where it is written.
  for (const u64 target : {text + 0x10, text + 0x11}) {
    Frame frame({0x01, 0, 0, 0, 0, 0x0e, 32});
    const u64 place = TableMemory::entries + frame.memory.entry_bytes.size() - 4 - 6;
    const u64 distance = target - place;
    std::memcpy(&frame.memory.entry_bytes[frame.memory.entry_bytes.size() - 4 - 6], &distance, 4);
    EXPECT_EQ(frame.caller(rsp), target == text + 0x10 ? stack + 160 : stack + 136);
  }
}

TEST(UnwindTable, CfaRules) {
  EXPECT_EQ(Frame({0x0c, rbp, 16}).step(), UnwindStep::Unknown) << "rbp points at nothing";
  Frame by_rbp({0x0c, rbp, 16});
  by_rbp.registers.value[rbp] = stack + 256;
  EXPECT_EQ(by_rbp.caller(rsp), stack + 272);
  EXPECT_EQ(by_rbp.registers.value[rip], 0x1000u + 33);
  Frame by_register({0x0e, 32, 0x0d, r12});
  by_register.registers.value[r12] = stack + 160;
  EXPECT_EQ(by_register.caller(rsp), stack + 192);
  EXPECT_EQ(Frame({0x12, rsp, 0x7d}).caller(rsp), stack + 152);                  // def_cfa_sf
  EXPECT_EQ(Frame({0x13, 0x7c}).caller(rsp), stack + 160);                       // def_cfa_offset_sf
  EXPECT_EQ(Frame({0x0f, 3, 0x77, 0xc0, 0x00}).caller(rsp), stack + 192);        // expression
  EXPECT_EQ(Frame({0x0f, 2, 0x77, 64, 0x0d, rbp}).step(), UnwindStep::Unknown);  // no offset to keep
  EXPECT_EQ(Frame({0x0f, 2, 0x77, 64, 0x0e, 8}).step(), UnwindStep::Unknown);    // no register to keep
  EXPECT_EQ(Frame({0x0c, 17, 8}).step(), UnwindStep::Unknown);                   // a vector register
  EXPECT_EQ(Frame({0x0c, 0x87, 0x80, 0x00, 8}).caller(rsp), stack + 136);        // padded numbers
  Frame unknown({0x0c, rbp, 16});
  unknown.registers.value[rbp] = stack + 256;
  unknown.registers.known &= ~(1u << rbp);
  EXPECT_EQ(unknown.step(), UnwindStep::Unknown);
}

TEST(UnwindTable, RegisterRules) {
  EXPECT_EQ(Frame({0x80 | rbx, 2}).caller(rbx), 0x100fu);
  EXPECT_EQ(Frame({0x05, rbx, 3}).caller(rbx), 0x100eu);         // offset_extended
  EXPECT_EQ(Frame({0x11, rbx, 0x7e}).caller(rbx), 0x1013u);      // offset_extended_sf
  EXPECT_EQ(Frame({0x2f, rbx, 2}).caller(rbx), 0x1013u);         // GNU_negative_offset_extended
  EXPECT_EQ(Frame({0x14, rbx, 2}).caller(rbx), stack + 120);     // val_offset
  EXPECT_EQ(Frame({0x15, rbx, 0x7e}).caller(rbx), stack + 152);  // val_offset_sf
  EXPECT_EQ(Frame({0x09, rbx, rcx}).caller(rbx), 0x102u);        // register
  EXPECT_EQ(Frame({0x08, rax}).caller(rax), 0x100u);             // same_value
  EXPECT_EQ(Frame({0x10, rbx, 2, 0x77, 16}).caller(rbx), 0x1012u);
  EXPECT_EQ(Frame({0x16, rbx, 2, 0x77, 16}).caller(rbx), stack + 144);
  EXPECT_EQ(Frame({0x10, rbx, 2, 0x23, 8}).caller(rbx), 0x1012u) << "the CFA is there at the start";
  EXPECT_EQ(Frame({0x80 | 17, 2, 0x05, 40, 3}).caller(rip), 0x1010u) << "vector registers are passed over";
  EXPECT_EQ(Frame({0x2e, 32, 0x00}).caller(rip), 0x1010u);  // GNU_args_size, nop
  Frame undefined({0x07, rbx});
  ASSERT_EQ(undefined.step(), UnwindStep::Frame);
  EXPECT_FALSE(undefined.registers.knows(rbx));
  Frame in_unknown({0x09, rbx, rcx});
  in_unknown.registers.known &= ~(1u << rcx);
  ASSERT_EQ(in_unknown.step(), UnwindStep::Frame);
  EXPECT_FALSE(in_unknown.registers.knows(rbx));
  EXPECT_EQ(Frame({0x09, rip, rcx}).caller(rip), 0x102u) << "as vfork has it";
  EXPECT_EQ(Frame({0x09, rip, 17}).step(), UnwindStep::Unknown);
  EXPECT_EQ(Frame({0x08, rip}).step(), UnwindStep::Unknown);
  EXPECT_EQ(Frame({0x80 | rbx, 0xff, 0x01}).step(), UnwindStep::Unknown) << "below the stack";
}

TEST(UnwindTable, RestoredRules) {
  CommonEntry common;
  common.program = common.program + TableBytes{0x80 | rbx, 2};
  EXPECT_EQ(Frame({0x80 | rbx, 4, 0xc0 | rbx}, common).caller(rbx), 0x100fu);
  EXPECT_EQ(Frame({0x80 | rbx, 4, 0x06, rbx}, common).caller(rbx), 0x100fu);
  EXPECT_EQ(Frame({0x80 | r12, 4, 0xc0 | r12}, common).caller(r12), 0x10cu);
  const TableBytes remember = {0x0a}, restore = {0x0b}, change = {0x0e, 64, 0x80 | rbx, 4};
  Frame back(remember + change + restore, common);
  EXPECT_EQ(back.caller(rbx), 0x100fu);
  EXPECT_EQ(back.registers.value[rsp], stack + 136);
  EXPECT_EQ(Frame(repeated(4, 0x0a) + change + repeated(4, 0x0b)).caller(rsp), stack + 136);
  EXPECT_EQ(Frame(repeated(5, 0x0a)).step(), UnwindStep::Unknown);
  EXPECT_EQ(Frame(restore).step(), UnwindStep::Unknown);
}

TEST(UnwindTable, UndefinedReturnAddressIsTheEnd) {
  Frame frame({0x07, rip});
  const UnwindRegisters before = frame.registers;
  EXPECT_EQ(frame.step(), UnwindStep::End);
  EXPECT_EQ(std::memcmp(&before, &frame.registers, sizeof before), 0);
}

TEST(UnwindTable, TheStackGoesUp) {
  for (const bool after_call : {false, true}) {
    Frame same({0x0e, 0});
    same.after_call = after_call;
    EXPECT_EQ(same.step(), after_call ? UnwindStep::Unknown : UnwindStep::Frame);
    Frame down({0x12, rsp, 1});
    down.after_call = after_call;
    EXPECT_EQ(down.step(), UnwindStep::Unknown);
    CommonEntry signal;
    signal.augmentation.push_back('S');
    Frame other_stack({0x12, rsp, 1}, signal);
    other_stack.after_call = after_call;
    EXPECT_EQ(other_stack.caller(rsp), stack + 120);
    EXPECT_FALSE(other_stack.after_call);
  }
}

TEST(UnwindTable, Augmentations) {
  CommonEntry cxx;
  cxx.augmentation = {'z', 'P', 'L', 'R', 'B'};
  cxx.augmentation_data = {0x9b, 1, 2, 3, 4, 0x1b, 0x1b};
  EXPECT_EQ(Frame({}, cxx).caller(rip), 0x1010u);
  cxx.augmentation_data.push_back(7);  // more than the letters say
  EXPECT_EQ(Frame({}, cxx).caller(rip), 0x1010u);
  cxx.augmentation_data.resize(5);  // less
  EXPECT_EQ(Frame({}, cxx).step(), UnwindStep::Unknown);
  CommonEntry third;
  third.version = 3;
  EXPECT_EQ(Frame({}, third).caller(rip), 0x1010u);
  third.version = 4;
  EXPECT_EQ(Frame({}, third).step(), UnwindStep::Unknown);
  for (const TableBytes& letters : {TableBytes{'z', 'R', 'Q'}, {'e', 'h'}, {'z', 'R', 'S', 'S', 'S', 'S', 'S', 'S'}}) {
    CommonEntry other;
    other.augmentation = letters;
    EXPECT_EQ(Frame({}, other).step(), UnwindStep::Unknown);
  }
}

TEST(UnwindTable, DescriptionsWithoutAugmentationHaveAbsoluteAddresses) {
  Frame frame({});
  CommonEntry plain;
  plain.augmentation = {};
  EntryBuilder entries(TableMemory::entries);
  const u64 common = entries.common(plain);
  TableBytes body;
  append(body, entries.next() + 4 - common, 4);
  append(body, text, 8);
  append(body, 0x100, 8);
  entries.add(body + TableBytes{0x0e, 16});
  frame.memory.entry_bytes = entries.bytes();
  EXPECT_EQ(frame.caller(rsp), stack + 144);
}

TEST(UnwindTable, ExpressionConstantsAndRegisters) {
  EXPECT_EQ(value_of({0x30}), 0u);
  EXPECT_EQ(value_of({0x4f}), 31u);
  EXPECT_EQ(value_of({0x08, 0xfe}), 0xfeu);
  EXPECT_EQ(value_of({0x09, 0xfe}), ~1ull);
  EXPECT_EQ(value_of({0x0a, 0xfe, 0xff}), 0xfffeu);
  EXPECT_EQ(value_of({0x0b, 0xfe, 0xff}), ~1ull);
  EXPECT_EQ(value_of({0x0c, 0xfe, 0xff, 0xff, 0xff}), 0xfffffffeu);
  EXPECT_EQ(value_of({0x0d, 0xfe, 0xff, 0xff, 0xff}), ~1ull);
  EXPECT_EQ(value_of({0x0e, 1, 2, 3, 4, 5, 6, 7, 8}), 0x0807060504030201u);
  EXPECT_EQ(value_of({0x0f, 1, 2, 3, 4, 5, 6, 7, 0x88}), 0x8807060504030201u);
  EXPECT_EQ(value_of({0x03, 1, 2, 3, 4, 5, 6, 7, 8}), 0x0807060504030201u);
  EXPECT_EQ(value_of({0x10, 0x80, 0x01}), 128u);
  EXPECT_EQ(value_of({0x11, 0x80, 0x7f}), ~127ull);
  EXPECT_EQ(value_of({0x70 + rcx, 0x7f}), 0x101u);
  EXPECT_EQ(value_of({0x70 + rip, 0}), text + 0x10);
  EXPECT_EQ(value_of({0x92, r12, 4}), 0x110u);
  EXPECT_TRUE(fails({0x70 + 17, 0}));
  EXPECT_TRUE(fails({0x92, 17, 0}));
  EXPECT_TRUE(fails({0x50}));  // a register is no value
}

TEST(UnwindTable, ExpressionArithmetic) {
  const auto of = [](u8 left, u8 right, u8 operation) { return value_of({0x09, left, 0x09, right, operation}); };
  EXPECT_EQ(of(12, 10, 0x1a), 8u);
  EXPECT_EQ(of(12, 10, 0x21), 14u);
  EXPECT_EQ(of(12, 10, 0x27), 6u);
  EXPECT_EQ(of(12, 10, 0x22), 22u);
  EXPECT_EQ(of(10, 12, 0x1c), ~1ull);
  EXPECT_EQ(of(10, 12, 0x1e), 120u);
  EXPECT_EQ(of(0xf0, 4, 0x1b), ~3ull);
  EXPECT_EQ(of(14, 4, 0x1d), 2u);
  EXPECT_EQ(of(3, 4, 0x24), 48u);
  EXPECT_EQ(of(0xff, 60, 0x25), 15u);
  EXPECT_EQ(of(0xf0, 2, 0x26), ~3ull);
  EXPECT_EQ(of(1, 64, 0x24), 0u);
  EXPECT_EQ(of(1, 64, 0x25), 0u);
  EXPECT_EQ(of(0xff, 64, 0x26), ~0ull);
  EXPECT_EQ(of(0xff, 1, 0x29) + of(1, 1, 0x29) * 2, 2u);                       // eq
  EXPECT_EQ(of(0xff, 1, 0x2a) + of(1, 1, 0x2a) * 2 + of(2, 1, 0x2a) * 4, 6u);  // ge
  EXPECT_EQ(of(0xff, 1, 0x2b) + of(1, 1, 0x2b) * 2 + of(2, 1, 0x2b) * 4, 4u);  // gt
  EXPECT_EQ(of(0xff, 1, 0x2c) + of(1, 1, 0x2c) * 2 + of(2, 1, 0x2c) * 4, 3u);  // le
  EXPECT_EQ(of(0xff, 1, 0x2d) + of(1, 1, 0x2d) * 2 + of(2, 1, 0x2d) * 4, 1u);  // lt
  EXPECT_EQ(of(0xff, 1, 0x2e) + of(1, 1, 0x2e) * 2, 1u);                       // ne
  EXPECT_EQ(value_of({0x09, 0xfb, 0x19}), 5u);
  EXPECT_EQ(value_of({0x35, 0x1f}), ~4ull);
  EXPECT_EQ(value_of({0x35, 0x20}), ~5ull);
  EXPECT_EQ(value_of({0x35, 0x23, 0x80, 0x01}), 133u);
  EXPECT_TRUE(fails({0x31, 0x30, 0x1b}));
  EXPECT_TRUE(fails({0x31, 0x30, 0x1d}));
  EXPECT_TRUE(fails({0x31, 0x08, 63, 0x24, 0x09, 0xff, 0x1b}));  // the least number by -1
}

TEST(UnwindTable, ExpressionStackMemoryAndBranches) {
  EXPECT_EQ(value_of({0x33, 0x34, 0x12, 0x22, 0x22}), 11u);    // dup
  EXPECT_EQ(value_of({0x33, 0x34, 0x13}), 3u);                 // drop
  EXPECT_EQ(value_of({0x33, 0x34, 0x14}), 3u);                 // over
  EXPECT_EQ(value_of({0x33, 0x34, 0x35, 0x15, 2}), 3u);        // pick
  EXPECT_EQ(value_of({0x33, 0x34, 0x16, 0x1c}), 1u);           // swap
  EXPECT_EQ(value_of({0x33, 0x34, 0x35, 0x17, 0x1c}), ~0ull);  // rot: 5 3 4
  EXPECT_EQ(value_of({0x33, 0x34, 0x35, 0x17, 0x13, 0x13}), 5u);
  EXPECT_EQ(value_of({0x77, 24, 0x06}), 0x1013u);                 // deref
  EXPECT_EQ(value_of({0x77, 24, 0x94, 1}), 0x13u);                // deref_size
  EXPECT_EQ(value_of({0x96, 0x32, 0x96}), 2u);                    // nop
  EXPECT_EQ(value_of({0x31, 0x2f, 1, 0, 0x32, 0x33, 0x22}), 4u);  // skip
  EXPECT_EQ(value_of({0x35, 0x30, 0x28, 1, 0, 0x32}), 2u);        // bra that is not taken
  EXPECT_EQ(value_of({0x35, 0x31, 0x28, 1, 0, 0x32}), 5u);
  EXPECT_EQ(value_of({0x3a, 0x31, 0x1c, 0x12, 0x28, 0xfa, 0xff}), 0u);  // counts down from 10
  EXPECT_TRUE(fails({0x31, 0x06}));
  EXPECT_TRUE(fails({0x77, 24, 0x94, 9}));
  EXPECT_TRUE(fails({0x77, 24, 0x94, 0}));
  EXPECT_TRUE(fails({0x2f, 0xfd, 0xff}));  // for ever
  EXPECT_TRUE(fails({0x2f, 0xfc, 0xff}));  // before the start
  EXPECT_TRUE(fails({0x2f, 1, 0}));        // beyond the end
  EXPECT_TRUE(fails({0x15, 1}));
  EXPECT_TRUE(fails({0x16}));
  EXPECT_TRUE(fails({0x13, 0x13}));
  EXPECT_TRUE(fails({0x13}));              // nothing left
  EXPECT_TRUE(fails({0x08}));              // cut off
  EXPECT_TRUE(fails(repeated(16, 0x31)));  // and the CFA
  EXPECT_EQ(value_of(repeated(15, 0x31)), 1u);
  EXPECT_TRUE(fails({0xff}));
  EXPECT_TRUE(fails(repeated(257, 0x96)));
}

// A hundred functions of 16 bytes, 32 apart, with frames of 16 bytes more each.
class SearchedFrame {
 public:
  static constexpr unsigned functions = 100;

  SearchedFrame(u8 encoding, unsigned value_size, u64 base) : frame({}) {
    EntryBuilder entries(TableMemory::entries);
    const u64 common = entries.common({});
    TableBytes& header = frame.memory.header_bytes;
    header = {1, 0x1b, 0x03, encoding};
    append(header, TableMemory::entries - (TableMemory::header + 4), 4);
    append(header, functions, 4);
    for (unsigned i = 0; i < functions; ++i) {
      const u64 pc = text + i * 32;
      const u64 place = entries.description(common, pc, 16, {0x13, static_cast<u8>(0x7e - 2 * (i % 16))});
      append(header, pc - base, value_size);
      append(header, place - base, value_size);
    }
    frame.memory.entry_bytes = entries.bytes();
  }

  Frame frame;
};

TEST(UnwindTable, SearchesTables) {
  for (const auto& [encoding, size, base] : {std::tuple<u8, unsigned, u64>{0x3b, 4, TableMemory::header},
                                             {0x3c, 8, TableMemory::header},
                                             {0x03, 4, 0},
                                             {0x00, 8, 0}}) {
    const SearchedFrame searched(encoding, size, base);
    for (unsigned i = 0; i < SearchedFrame::functions; ++i) {
      for (const u64 offset : {0, 15, 16, 31}) {
        Frame frame = searched.frame;
        frame.registers.value[rip] = text + i * 32 + offset;
        ASSERT_EQ(frame.step(), offset < 16 ? UnwindStep::Frame : UnwindStep::Unknown) << i;
        EXPECT_LE(frame.memory.reads, 14u);
        if (offset < 16) {
          EXPECT_EQ(frame.registers.value[rsp], stack + 128 + 16 + 16 * (i % 16));
        }
      }
    }
    Frame before = searched.frame;
    before.registers.value[rip] = text - 1;
    EXPECT_EQ(before.step(), UnwindStep::Unknown);
  }
}

TEST(UnwindTable, ScansWhereNoTableIs) {
  Frame scanned = SearchedFrame(0x3b, 4, TableMemory::header).frame;
  scanned.memory.header_without_table();
  Frame none = scanned;
  none.registers.value[rip] = text + 16;
  EXPECT_EQ(none.step(), UnwindStep::Unknown);
  scanned.registers.value[rip] = text + 99 * 32;
  EXPECT_EQ(scanned.caller(rsp), stack + 128 + 16 + 16 * 3);
  EXPECT_LT(scanned.memory.reads, 250u);
}

TEST(UnwindTable, LimitsWork) {
  EXPECT_EQ(Frame(repeated(60'000, 0)).step(), UnwindStep::Frame);
  EXPECT_EQ(Frame(repeated(70'000, 0)).step(), UnwindStep::Unknown);
  // Descriptions without end that take turns with two common entries.
  Frame frame({});
  EntryBuilder entries(TableMemory::entries);
  const u64 commons[] = {entries.common({}), entries.common({})};
  while (entries.next() < TableMemory::text - 64) {
    entries.description(commons[entries.next() / 17 % 2], text + 0x1000, 1, {});
  }
  frame.memory.entry_bytes = entries.bytes();
  EXPECT_EQ(frame.step(), UnwindStep::Unknown);
}

TEST(UnwindTable, RefusesTruncatedTables) {
  const SearchedFrame searched(0x3b, 4, TableMemory::header);
  const UnwindRegisters before = searched.frame.registers;
  const u64 last = TableMemory::entries + searched.frame.memory.entry_bytes.size();
  for (u64 end = TableMemory::header; end < last; ++end) {
    TableMemory memory = searched.frame.memory;
    // The text lies below, so that the tables alone are cut.
    const UnwindModule modules[] = {{TableMemory::module_start, end, TableMemory::header}};
    for (const bool scan : {false, true}) {
      if (scan) {
        memory.header_without_table();
      }
      UnwindRegisters registers = before;
      registers.value[rip] = TableMemory::module_start;
      bool after_call = false;
      EXPECT_EQ(unwind_frame(memory.memory(), modules, registers, after_call), UnwindStep::Unknown);
    }
  }
}

TEST(UnwindTable, SurvivesRandomChanges) {
  const SearchedFrame searched(0x3b, 4, TableMemory::header);
  std::mt19937 random(1);
  unsigned steps[3] = {};
  for (unsigned round = 0; round < 20'000; ++round) {
    Frame frame = searched.frame;
    for (unsigned i = 0; i < 1 + round % 40; ++i) {
      TableBytes& bytes = random() % 4 == 0 ? frame.memory.header_bytes : frame.memory.entry_bytes;
      bytes[random() % bytes.size()] = static_cast<u8>(random());
    }
    if (round % 2 != 0) {
      frame.memory.header_without_table();
    }
    frame.registers.value[rip] = text + random() % (SearchedFrame::functions * 32);
    frame.after_call = random() % 2 != 0;
    const bool was_return = frame.after_call;
    const UnwindRegisters before = frame.registers;
    const UnwindStep step = frame.step();
    ++steps[static_cast<unsigned>(step)];
    if (step != UnwindStep::Frame) {
      ASSERT_EQ(std::memcmp(&before, &frame.registers, sizeof before), 0);
      ASSERT_EQ(frame.after_call, was_return);
    } else if (frame.after_call) {
      ASSERT_GE(frame.registers.value[rsp], before.value[rsp] + (was_return ? 1 : 0));
    }
  }
  EXPECT_GT(steps[static_cast<unsigned>(UnwindStep::Frame)], 1000u);
  EXPECT_GT(steps[static_cast<unsigned>(UnwindStep::Unknown)], 1000u);
}

}  // namespace
}  // namespace kx::libos
