#include "libraries/unwind_table.hpp"

namespace kx::libos {

namespace {

constexpr u8 header_version = 1;
constexpr u8 common_versions[] = {1, 3};
constexpr u64 length_64_bit = 0xffff'ffff;  // marks 64-bit DWARF, which no compiler writes here

constexpr unsigned max_augmentations = 8;
// Without a table that can be searched: more descriptions than small programs have, and only those lack the table.
constexpr unsigned max_scanned = 1u << 16;

// The part of an entry that all kinds have.
struct EntryHead {
  u64 id_address;
  u64 end;
  u64 id;  // 0: a common entry; else the distance from id_address back to it
};

// Reads the length and the id at the reader's place. False: there are no more entries, or the reader has failed.
bool read_head(TableReader& reader, EntryHead& head) {
  const u64 length = reader.fixed(4);
  if (!reader.good() || length == 0 || length == length_64_bit) {
    return false;
  }
  head.id_address = reader.at();
  head.end = head.id_address + length;
  reader.seek(head.id_address, head.end);
  head.id = reader.fixed(4);
  return reader.good();
}

// The letters of an augmentation string that are known.
struct Augmentation {
  char letters[max_augmentations];
  unsigned count;
};

bool read_augmentation(TableReader& reader, Augmentation& augmentation) {
  for (augmentation.count = 0; augmentation.count < max_augmentations; ++augmentation.count) {
    const u8 letter = reader.byte();
    if (letter == 0) {
      return reader.good();
    }
    augmentation.letters[augmentation.count] = static_cast<char>(letter);
  }
  return false;
}

// What a letter other than the first adds to the entry. False: it is not known, and so neither what it means.
bool apply_augmentation(TableReader& reader, char letter, FrameCommon& common) {
  switch (letter) {
    case 'R':
      common.pointer_encoding = reader.byte();
      return true;
    case 'P': {
      // The routine itself is of no interest, so neither is what it is relative to.
      const u8 encoding = reader.byte();
      reader.pointer(encoding & pointer_encoding::format, 0);
      return (encoding & pointer_encoding::application) <= pointer_encoding::data_relative;
    }
    case 'L':
      reader.byte();
      return true;
    case 'S':
      common.signal_frame = true;
      return true;
    case 'B':
      return true;
    default:
      return false;
  }
}

bool read_common(TableReader& reader, u64 address, FrameCommon& common) {
  EntryHead head;
  reader.seek(address);
  if (!read_head(reader, head) || head.id != 0) {
    return false;
  }
  common = {};
  common.address = address;
  const u8 version = reader.byte();
  Augmentation augmentation;
  if ((version != common_versions[0] && version != common_versions[1]) || !read_augmentation(reader, augmentation)) {
    return false;
  }
  common.code_alignment = reader.uleb128();
  common.data_alignment = reader.sleb128();
  const u64 return_register = version == 1 ? reader.byte() : reader.uleb128();
  if (return_register != UnwindRegisters::rip) {
    return false;
  }
  common.has_augmentation_data = augmentation.count != 0;
  if (common.has_augmentation_data) {
    if (augmentation.letters[0] != 'z') {
      return false;
    }
    const u64 size = reader.uleb128();
    const u64 data = reader.at();
    for (unsigned i = 1; i < augmentation.count; ++i) {
      if (!apply_augmentation(reader, augmentation.letters[i], common)) {
        return false;
      }
    }
    if (!reader.good() || reader.at() - data > size) {
      return false;
    }
    reader.skip(size - (reader.at() - data));
  }
  common.program = {reader.at(), head.end};
  return reader.good();
}

// Reads the description whose head has been read. frame.common may hold a common entry already; it is read again only
// if this one names another.
bool read_description(TableReader& reader, u64 address, const EntryHead& head, FrameDescription& frame) {
  const u64 common_address = head.id_address - head.id;
  if (common_address == 0) {
    return false;
  }
  if (common_address != frame.common.address) {
    const u64 place = reader.at();
    if (!read_common(reader, common_address, frame.common)) {
      frame.common.address = 0;
      return false;
    }
    reader.seek(place, head.end);
  }
  const u8 encoding = frame.common.pointer_encoding;
  frame.address = address;
  frame.pc_start = reader.pointer(encoding, 0);
  frame.pc_end = frame.pc_start + reader.pointer(encoding & pointer_encoding::format, 0);
  if (frame.common.has_augmentation_data) {
    reader.skip(reader.uleb128());
  }
  frame.program = {reader.at(), head.end};
  return reader.good();
}

bool covers(const FrameDescription& frame, u64 pc) {
  return frame.pc_start <= pc && pc < frame.pc_end;
}

bool scan(TableReader& reader, u64 entries, u64 pc, FrameDescription& frame) {
  u64 address = entries;
  for (unsigned scanned = 0; scanned < max_scanned; ++scanned) {
    EntryHead head;
    reader.seek(address);
    if (!read_head(reader, head)) {
      return false;
    }
    if (head.id != 0) {
      if (!read_description(reader, address, head, frame)) {
        return false;
      }
      if (covers(frame, pc)) {
        return true;
      }
    }
    address = head.end;
  }
  return false;
}

// The sorted table of .eh_frame_hdr: pairs of a function's start and its description.
struct SearchTable {
  u64 address;
  u64 count;
  u64 data_base;
  u8 encoding;

  [[nodiscard]] u64 entry_size() const { return 2 * pointer_encoding::size_of(encoding); }
};

// The description of the last function that starts at `pc` or before. False: there is none, or the reader has failed.
bool search(TableReader& reader, const SearchTable& table, u64 pc, u64& description) {
  u64 low = 0;
  u64 high = table.count;
  while (low < high) {
    const u64 middle = low + (high - low) / 2;
    reader.seek(table.address + middle * table.entry_size());
    const u64 start = reader.pointer(table.encoding, table.data_base);
    const u64 found = reader.pointer(table.encoding, table.data_base);
    if (!reader.good()) {
      return false;
    }
    if (start <= pc) {
      description = found;
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low != 0;
}

}  // namespace

bool find_frame(TableReader& reader, u64 header, u64 pc, FrameDescription& frame) {
  frame = {};
  reader.seek(header);
  if (reader.byte() != header_version) {
    return false;
  }
  const u8 entries_encoding = reader.byte();
  const u8 count_encoding = reader.byte();
  SearchTable table{0, 0, header, reader.byte()};
  const u64 entries = reader.pointer(entries_encoding, header);
  if (!reader.good()) {
    return false;
  }
  const bool has_table = count_encoding != pointer_encoding::omitted && table.encoding != pointer_encoding::omitted &&
                         table.entry_size() != 0;
  if (!has_table) {
    return scan(reader, entries, pc, frame);
  }
  table.count = reader.pointer(count_encoding, header);
  table.address = reader.at();
  u64 address = 0;
  if (!reader.good() || table.count > (reader.high() - table.address) / table.entry_size() ||
      !search(reader, table, pc, address)) {
    return false;
  }
  EntryHead head;
  reader.seek(address);
  return read_head(reader, head) && head.id != 0 && read_description(reader, address, head, frame) && covers(frame, pc);
}

}  // namespace kx::libos
