// Finds the frame description of a program counter: .eh_frame_hdr, .eh_frame and the entries in it.
#pragma once

#include "libraries/unwind_reader.hpp"

namespace kx::libos {

// Instructions of a call-frame program, [start, end).
struct FrameProgram {
  u64 start;
  u64 end;
};

// What frame descriptions share: a common information entry (CIE).
struct FrameCommon {
  u64 address;
  FrameProgram program;
  u64 code_alignment;
  u64 data_alignment;   // two's complement
  u8 pointer_encoding;  // of the descriptions' program counters
  bool has_augmentation_data;
  bool signal_frame;
};

// A frame description entry (FDE): the functions in [pc_start, pc_end).
struct FrameDescription {
  u64 address;
  u64 pc_start;
  u64 pc_end;
  FrameProgram program;
  FrameCommon common;
};

// Finds the description of the function around `pc` by the .eh_frame_hdr at `header`, both in what `reader` can read.
// False: there is none, or the tables are malformed; the reader may have failed then.
bool find_frame(TableReader& reader, u64 header, u64 pc, FrameDescription& frame);

}  // namespace kx::libos
