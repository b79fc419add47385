#include "files/proc.hpp"

#include <dirent.h>

#include <cerrno>
#include <cstring>

#include "files/proc_tables.hpp"
#include "files/text_builder.hpp"
#include "process/clock.hpp"
#include "process/process.hpp"
#include "process/process_info.hpp"
#include "process/thread.hpp"

namespace kx::libos {

namespace {

bool is_directory_type(ProcType type) {
  return type == ProcType::Directory || type == ProcType::Descriptors || type == ProcType::DescriptorInfos ||
         type == ProcType::Tasks;
}

// The number at the start of `text` if it ends at a slash or the text's end; `text` is moved past it and the slash.
bool take_number(const char*& text, u32& number) {
  u64 value = 0;
  const char* at = text;
  for (; *at >= '0' && *at <= '9' && value < INT32_MAX; ++at) {
    value = value * 10 + static_cast<u64>(*at - '0');
  }
  if (at == text || (*at != 0 && *at != '/') || value > INT32_MAX) {
    return false;
  }
  number = static_cast<u32>(value);
  text = *at == '/' ? at + 1 : at;
  return true;
}

bool take_word(const char*& text, const char* word) {
  const u64 size = std::strlen(word);
  if (std::strncmp(text, word, size) != 0 || (text[size] != 0 && text[size] != '/')) {
    return false;
  }
  text += text[size] == '/' ? size + 1 : size;
  return true;
}

bool is_own_thread(u32 tid) {
  return tid == Process::instance().pid || ThreadList::instance().find(tid) != nullptr;
}

bool is_own_descriptor(u32 fd) {
  return FdTable::instance().flag(fd) >= 0;
}

i64 set_node(ProcPlace& place, u32 node, u32 subject) {
  place.kind = ProcPlaceKind::Node;
  place.node = node;
  place.subject = subject;
  return 0;
}

i64 go_beyond(ProcPlace& place, ProcBase base, const char* rest) {
  place.kind = ProcPlaceKind::Beyond;
  place.base = base;
  place.rest = rest;
  return 0;
}

// fd/N, with more behind it or not.
i64 find_descriptor(const char* rest, FinalLink final, ProcPlace& place) {
  u32 fd = 0;
  if (!take_number(rest, fd) || !is_own_descriptor(fd)) {
    return -ENOENT;
  }
  place.subject = fd;
  if (*rest != 0) {
    return go_beyond(place, ProcBase::Descriptor, rest);
  }
  if (final == FinalLink::Keep) {
    return set_node(place, make_node(NodeKind::DescriptorLink), fd);
  }
  place.kind = ProcPlaceKind::Descriptor;
  return 0;
}

// exe, cwd, root: links out of /proc.
i64 find_through_link(const char* link, const char* rest, ProcPlace& place) {
  if (std::strcmp(link, "exe") == 0) {
    return *rest != 0 ? -ENOTDIR : go_beyond(place, ProcBase::Absolute, ProcessInfo::instance().exe_path);
  }
  if (std::strcmp(link, "cwd") == 0) {
    return go_beyond(place, ProcBase::WorkingDirectory, *rest != 0 ? rest : ".");
  }
  // `rest` follows a slash in the same text.
  return go_beyond(place, ProcBase::Absolute, *rest != 0 ? rest - 1 : "/");
}

i64 find_in_process(const char* name, u32 tid, FinalLink final, ProcPlace& place) {
  if (*name == 0) {
    return set_node(place, make_node(NodeKind::Process), tid);
  }
  const ProcTable table = proc_process_names();
  for (u32 i = 0; i < table.count; ++i) {
    const ProcName& entry = table.names[i];
    const char* rest = name;
    if (!take_word(rest, entry.path)) {
      continue;
    }
    const bool is_last = *rest == 0;
    if (entry.type == ProcType::Link && (!is_last || final == FinalLink::Follow)) {
      return find_through_link(entry.path, rest, place);
    }
    if (is_last) {
      return set_node(place, make_node(NodeKind::ProcessName, i), tid);
    }
    u32 number = 0;
    switch (entry.type) {
      case ProcType::Descriptors:
        return find_descriptor(rest, final, place);
      case ProcType::DescriptorInfos:
        return take_number(rest, number) && is_own_descriptor(number) && *rest == 0
                   ? set_node(place, make_node(NodeKind::DescriptorInfo), number)
                   : -ENOENT;
      case ProcType::Tasks:
        return take_number(rest, number) && is_own_thread(number) ? find_in_process(rest, number, final, place)
                                                                  : -ENOENT;
      default:
        return -ENOTDIR;
    }
  }
  return -ENOENT;
}

// Follows a relative's link by the path it says: what has none, such as a pipe, is out of reach.
i64 follow_relative_link(u32 node, u32 pid, const char* rest, ProcPlace& place) {
  if (const i64 size = relative_link(node, pid, place.text); size < 0) {
    return size;
  }
  if (place.text.data()[0] != '/') {
    return -EACCES;
  }
  place.text.text(*rest != 0 ? "/" : "").text(rest).bytes("", 1);
  if (place.text.failed() || place.text.size() > path_capacity) {
    return place.text.failed() ? place.text.error() : -ENAMETOOLONG;
  }
  return go_beyond(place, ProcBase::Absolute, reinterpret_cast<const char*>(place.text.data()));
}

i64 find_in_relative(const char* name, u32 pid, FinalLink final, ProcPlace& place) {
  if (*name == 0) {
    return set_node(place, make_node(NodeKind::Relative), pid);
  }
  const ProcTable table = proc_relative_names();
  for (u32 i = 0; i < table.count; ++i) {
    const char* rest = name;
    if (!take_word(rest, table.names[i].path)) {
      continue;
    }
    u32 node = make_node(NodeKind::RelativeName, i);
    bool is_link = table.names[i].type == ProcType::Link;
    if (table.names[i].type == ProcType::Descriptors && *rest != 0) {
      u32 fd = 0;
      if (!take_number(rest, fd) || fd > index_of(~0u) || next_relative_descriptor(pid, fd) != static_cast<i64>(fd)) {
        return -ENOENT;
      }
      node = make_node(NodeKind::RelativeDescriptor, fd);
      is_link = true;
    }
    if (is_link && (*rest != 0 || final == FinalLink::Follow)) {
      return follow_relative_link(node, pid, rest, place);
    }
    return *rest == 0 ? set_node(place, node, pid) : -ENOTDIR;
  }
  return -ENOENT;
}

i64 find_in_system(const char* name, FinalLink final, ProcPlace& place) {
  const ProcTable table = proc_system_names();
  for (u32 i = 0; i < table.count; ++i) {
    const ProcName& entry = table.names[i];
    const char* rest = name;
    if (!take_word(rest, entry.path)) {
      continue;
    }
    if (*rest != 0) {
      if (entry.type == ProcType::Directory) {
        continue;  // what it holds comes later in the table
      }
      return -ENOTDIR;
    }
    if (entry.type == ProcType::Link && final == FinalLink::Follow) {
      return find_in_process(entry.path, Process::instance().pid, final, place);  // mounts, net: same name there
    }
    return set_node(place, make_node(NodeKind::System, i), 0);
  }
  return -ENOENT;
}

}  // namespace

const ProcName* name_of(u32 node) {
  switch (kind_of(node)) {
    case NodeKind::System:
      return &proc_system_names().names[index_of(node)];
    case NodeKind::ProcessName:
      return &proc_process_names().names[index_of(node)];
    case NodeKind::RelativeName:
      return &proc_relative_names().names[index_of(node)];
    default:
      return nullptr;
  }
}

i64 find_proc(const char* name, FinalLink final, ProcPlace& place) {
  const u32 pid = Process::instance().pid;
  if (*name == 0) {
    return set_node(place, make_node(NodeKind::Root), 0);
  }
  const bool keeps_link = final == FinalLink::Keep;
  const char* rest = name;
  u32 number = 0;
  if (take_word(rest, "self") && !(keeps_link && *rest == 0)) {
    return find_in_process(rest, pid, final, place);
  }
  if (rest == name && take_word(rest, "thread-self") && !(keeps_link && *rest == 0)) {
    return find_in_process(rest, Thread::current().tid, final, place);
  }
  rest = name;
  if (take_number(rest, number)) {
    return is_own_thread(number) ? find_in_process(rest, number, final, place)
           : is_relative(number) ? find_in_relative(rest, number, final, place)
                                 : -ENOENT;
  }
  return find_in_system(name, final, place);
}

void proc_path(u32 node, u32 subject, char (&out)[path_capacity]) {
  TextBuilder text;
  text.text("/proc");
  switch (kind_of(node)) {
    case NodeKind::Root:
      break;
    case NodeKind::System:
      text.text("/").text(name_of(node)->path);
      break;
    case NodeKind::Process:
    case NodeKind::ProcessName:
      text.text("/").number(Process::instance().pid);
      if (subject != Process::instance().pid) {
        text.text("/task/").number(subject);
      }
      if (const ProcName* name = name_of(node); name != nullptr) {
        text.text("/").text(name->path);
      }
      break;
    case NodeKind::Relative:
    case NodeKind::RelativeName:
      text.text("/").number(subject);
      if (const ProcName* name = name_of(node); name != nullptr) {
        text.text("/").text(name->path);
      }
      break;
    case NodeKind::RelativeDescriptor:
      text.text("/").number(subject).text("/fd/").number(index_of(node));
      break;
    case NodeKind::DescriptorLink:
    case NodeKind::DescriptorInfo:
      text.text("/").number(Process::instance().pid);
      text.text(kind_of(node) == NodeKind::DescriptorLink ? "/fd/" : "/fdinfo/").number(subject);
      break;
  }
  const u64 size = text.failed() ? 0 : text.size();
  std::memcpy(out, text.data(), size);
  out[size] = 0;
}

u32 proc_mode(u32 node) {
  switch (kind_of(node)) {
    case NodeKind::Root:
    case NodeKind::Process:
    case NodeKind::Relative:
      return S_IFDIR | 0555;
    case NodeKind::DescriptorLink:
    case NodeKind::RelativeDescriptor:
      return S_IFLNK | 0700;
    case NodeKind::DescriptorInfo:
      return S_IFREG | 0400;
    default:
      break;
  }
  const ProcName& name = *name_of(node);
  const u32 type = name.type == ProcType::Link ? S_IFLNK : is_directory_type(name.type) ? S_IFDIR : S_IFREG;
  return type | name.permissions;
}

void proc_stat(u32 node, u32 subject, struct stat& status) {
  constexpr u64 proc_device = 0x17;
  const Credentials& who = Thread::current().credentials;
  const bool of_process = kind_of(node) != NodeKind::Root && kind_of(node) != NodeKind::System;
  status = {};
  status.st_dev = proc_device;
  status.st_ino = 1 + (static_cast<u64>(subject) << 20 | node);
  status.st_mode = proc_mode(node);
  status.st_nlink = S_ISDIR(status.st_mode) ? 2 : 1;
  const ProcName* name = kind_of(node) == NodeKind::ProcessName ? name_of(node) : nullptr;
  if (name != nullptr && name->type == ProcType::Tasks) {
    status.st_nlink += ThreadList::instance().count();
  }
  status.st_uid = of_process ? who.user.effective : 0;
  status.st_gid = of_process ? who.group.effective : 0;
  const bool is_descriptor = kind_of(node) == NodeKind::DescriptorLink || kind_of(node) == NodeKind::RelativeDescriptor;
  status.st_size = is_descriptor ? 64 : 0;
  status.st_blksize = 1024;
  const u64 now_ns = realtime_ns();
  status.st_mtim = {static_cast<time_t>(now_ns / second_ns), static_cast<long>(now_ns % second_ns)};
  status.st_atim = status.st_ctim = status.st_mtim;
}

namespace {

void put_name(ProcDirectoryEntry& entry, const char* name, u8 type, u64 inode) {
  std::strncpy(entry.name, name, sizeof entry.name - 1);
  entry.type = type;
  entry.inode = inode;
}

void put_number(ProcDirectoryEntry& entry, u32 number, u8 type, u64 inode) {
  TextBuilder text;
  text.number(number).bytes("", 1);
  put_name(entry, text.failed() ? "?" : reinterpret_cast<const char*>(text.data()), type, inode);
}

u8 entry_type(u32 node) {
  return static_cast<u8>(proc_mode(node) >> 12);
}

// The names of a table directly below `directory` ("" for the top), from `position` on.
bool next_of_table(const ProcTable& table, NodeKind kind, const char* directory, u64& position,
                   ProcDirectoryEntry& entry) {
  const u64 size = std::strlen(directory);
  for (; position < table.count; ++position) {
    const char* path = table.names[position].path;
    if (size != 0 && (std::strncmp(path, directory, size) != 0 || path[size] != '/')) {
      continue;
    }
    const char* name = size != 0 ? path + size + 1 : path;
    if (std::strchr(name, '/') == nullptr) {
      const u32 node = make_node(kind, static_cast<u32>(position));
      put_name(entry, name, entry_type(node), node + 1);
      ++position;
      return true;
    }
  }
  return false;
}

// `pid`: whose; 0: our own.
bool next_descriptor(u32 pid, u64& position, u8 type, ProcDirectoryEntry& entry) {
  const i64 fd =
      pid == 0 ? FdTable::instance().next_open(position) : next_relative_descriptor(pid, static_cast<u32>(position));
  if (fd < 0) {
    return false;
  }
  put_number(entry, static_cast<u32>(fd), type, static_cast<u64>(fd) + 1000);
  position = static_cast<u64>(fd) + 1;
  return true;
}

// Threads in the order of their ids.
bool next_task(u64& position, ProcDirectoryEntry& entry) {
  u32 lowest = UINT32_MAX;
  ThreadList::instance().for_each([&](Thread& thread) {
    if (thread.tid >= position && thread.tid < lowest) {
      lowest = thread.tid;
    }
  });
  if (lowest == UINT32_MAX) {
    return false;
  }
  put_number(entry, lowest, DT_DIR, lowest);
  position = lowest + 1;
  return true;
}

// The processes in the order of their numbers, then the rest: a position below first_name is the last process's number.
bool next_of_root(u64& position, ProcDirectoryEntry& entry) {
  constexpr u64 first_name = 1 << 30;
  if (position < first_name) {
    if (const u32 pid = next_relative(static_cast<u32>(position)); pid != 0) {
      position = pid;
      put_number(entry, pid, DT_DIR, pid);
      return true;
    }
    position = first_name;
  }
  u64 index = position - first_name;
  const bool found = next_of_table(proc_system_names(), NodeKind::System, "", index, entry);
  position = index + first_name;
  return found;
}

}  // namespace

bool next_proc_entry(const OpenFile& directory, u64& position, ProcDirectoryEntry& entry) {
  if (position < 2) {
    put_name(entry, position == 0 ? "." : "..", DT_DIR, 1 + position);
    ++position;
    return true;
  }
  u64 index = position - 2;
  bool found = false;
  const u32 node = directory.proc_node;
  const ProcName* name = name_of(node);
  if (kind_of(node) == NodeKind::Root) {
    found = next_of_root(index, entry);
  } else if (kind_of(node) == NodeKind::System) {
    found = next_of_table(proc_system_names(), NodeKind::System, name->path, index, entry);
  } else if (kind_of(node) == NodeKind::Process) {
    found = next_of_table(proc_process_names(), NodeKind::ProcessName, "", index, entry);
  } else if (kind_of(node) == NodeKind::Relative) {
    found = next_of_table(proc_relative_names(), NodeKind::RelativeName, "", index, entry);
  } else if (name != nullptr && name->type == ProcType::Tasks) {
    found = next_task(index, entry);
  } else if (name != nullptr) {
    const u32 pid = kind_of(node) == NodeKind::RelativeName ? directory.proc_subject : 0;
    found = next_descriptor(pid, index, name->type == ProcType::Descriptors ? DT_LNK : DT_REG, entry);
  }
  position = index + 2;
  return found;
}

u32 process_of_directory(const OpenFile& file) {
  if (file.kind() != FileKind::ProcDirectory) {
    return 0;
  }
  switch (kind_of(file.proc_node)) {
    case NodeKind::Process:
      return Process::instance().pid;
    case NodeKind::Relative:
      return file.proc_subject;
    default:
      return 0;
  }
}

}  // namespace kx::libos
