// /proc as the program sees it: which names exist, what they contain, where the links lead (proc(5)).
#pragma once

#include <sys/stat.h>

#include "arch/x86_64/context.hpp"
#include "files/open_file.hpp"
#include "files/resolve.hpp"
#include "files/text_builder.hpp"

namespace kx::libos {

enum class ProcPlaceKind : u8 {
  Node,        // a file, directory or (not followed) link of /proc
  Descriptor,  // the file behind fd/N
  Beyond,      // a link was followed out of /proc: `rest` relative to `base`
};

enum class ProcBase : u8 { Absolute, WorkingDirectory, Descriptor };

struct ProcPlace {
  ProcPlaceKind kind = ProcPlaceKind::Node;
  ProcBase base = ProcBase::Absolute;
  u32 node = 0;     // opaque
  u32 subject = 0;  // thread id or descriptor
  const char* rest = nullptr;
  TextBuilder text;  // where a relative's link leads: what `rest` refers to
};

// `name` is the normalised path below /proc, without a slash in front. 0, -ENOENT or -ENOTDIR.
i64 find_proc(const char* name, FinalLink final, ProcPlace& place);

// The absolute path of a node.
void proc_path(u32 node, u32 subject, char (&out)[path_capacity]);

// st_mode of a node.
u32 proc_mode(u32 node);
void proc_stat(u32 node, u32 subject, struct stat& status);

// What a link says, NUL-terminated; its length or -errno.
i64 proc_link(u32 node, u32 subject, char (&out)[path_capacity]);

// Opens a node with the flags of open(2); -errno on failure.
i64 open_proc(u32 node, u32 subject, u32 flags, FileRef& file);

// The process that an open directory of /proc stands for; 0: none.
u32 process_of_directory(const OpenFile& file);

// /proc/self/mem, whose content is not generated.
bool is_memory_file(const OpenFile& file);

// Makes the content of an open file anew, as reading it from its start does.
i64 refresh_proc(OpenFile& file);

// A write to an open file of /proc: only a few names take one.
i64 write_proc(OpenFile& file, const char* text, u64 size);

// One entry of a directory: false at its end. `position` is moved past it.
struct ProcDirectoryEntry {
  char name[32];
  u64 inode;
  u8 type;  // DT_*
};
bool next_proc_entry(const OpenFile& directory, u64& position, ProcDirectoryEntry& entry);

}  // namespace kx::libos
