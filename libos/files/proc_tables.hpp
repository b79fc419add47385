// The names of /proc and what makes their content.
#pragma once

#include "arch/x86_64/context.hpp"
#include "files/text_builder.hpp"

namespace kx::libos {

enum class ProcType : u8 {
  File,
  WritableFile,
  Link,
  Directory,
  Descriptors,      // fd: a link for each descriptor
  DescriptorInfos,  // fdinfo: a file for each
  Tasks,            // task: a directory for each thread
};

struct ProcName {
  const char* path;  // below /proc, or below the process's directory
  ProcType type;
  u16 permissions;
  void (*generate)(TextBuilder& out, u32 subject) = nullptr;  // files
};

// Directories come before what they hold.
struct ProcTable {
  const ProcName* names;
  u32 count;
};
ProcTable proc_system_names();
ProcTable proc_process_names();
ProcTable proc_relative_names();  // of another process of the family

// A node is its kind in the upper half, and for names of a table the index in the lower.
enum class NodeKind : u32 {
  Root,
  System,
  Process,
  ProcessName,
  DescriptorLink,
  DescriptorInfo,
  Relative,
  RelativeName,
  RelativeDescriptor,  // the index is the descriptor
};

constexpr u32 make_node(NodeKind kind, u32 index = 0) {
  return static_cast<u32>(kind) << 16 | index;
}
constexpr NodeKind kind_of(u32 node) {
  return static_cast<NodeKind>(node >> 16);
}
constexpr u32 index_of(u32 node) {
  return node & 0xffff;
}

// Null for nodes that are in no table.
const ProcName* name_of(u32 node);

// Whether the family has this process now, and the lowest number above `pid` that one has (0: none).
bool is_relative(u32 pid);
u32 next_relative(u32 pid);

// Where a link of a relative's leads: its size, below path_capacity, with a NUL behind; or -errno.
i64 relative_link(u32 node, u32 pid, TextBuilder& text);
// The lowest descriptor from `fd` on that a relative has open; or -errno.
i64 next_relative_descriptor(u32 pid, u32 fd);

// fdinfo/N; not in a table.
void generate_descriptor_info(TextBuilder& out, u32 fd);

}  // namespace kx::libos
