// The files of /proc/self: their list and the short ones. proc_status.cpp and proc_maps.cpp have the rest.
#include "files/proc_process.hpp"

#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <kx/abi/host_call.hpp>

#include "files/fd_table.hpp"
#include "files/process_file.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/process.hpp"
#include "process/process_info.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"

namespace kx::libos {

namespace {

// Bytes of the program's memory; what cannot be read is left out.
void from_program(TextBuilder& out, u64 start, u64 end) {
  constexpr u64 part = 4096;
  while (start < end) {
    const u64 size = std::min(part, end - start);
    u8* to = out.room(size);
    if (to == nullptr || !copy_from_user(to, start, size)) {
      return;
    }
    out.append(size);
    start += size;
  }
}

void command_line(TextBuilder& out, u32) {
  const AddressSpace& space = AddressSpace::instance();
  from_program(out, space.arguments_start, space.arguments_end);
}

void environment(TextBuilder& out, u32) {
  const AddressSpace& space = AddressSpace::instance();
  from_program(out, space.environment_start, space.environment_end);
}

void auxiliary(TextBuilder& out, u32) {
  const ProcessInfo& info = ProcessInfo::instance();
  from_program(out, info.auxiliary_address, info.auxiliary_address + info.auxiliary_size);
}

void comm(TextBuilder& out, u32 tid) {
  out.text(proc_thread_name(tid)).text("\n");
}

void limits(TextBuilder& out, u32) {
  struct Limit {
    const char* name;
    const char* unit;
  };
  static constexpr Limit limit_names[limit_count] = {
      {"Max cpu time", "seconds"},    {"Max file size", "bytes"},      {"Max data size", "bytes"},
      {"Max stack size", "bytes"},    {"Max core file size", "bytes"}, {"Max resident set", "bytes"},
      {"Max processes", "processes"}, {"Max open files", "files"},     {"Max locked memory", "bytes"},
      {"Max address space", "bytes"}, {"Max file locks", "locks"},     {"Max pending signals", "signals"},
      {"Max msgqueue size", "bytes"}, {"Max nice priority", ""},       {"Max realtime priority", ""},
      {"Max realtime timeout", "us"},
  };
  out.text("Limit                     Soft Limit           Hard Limit           Units     \n");
  for (u32 i = 0; i < limit_count; ++i) {
    const u64 start = out.size();
    out.text(limit_names[i].name).pad_to(start + 26);
    for (u32 j = 0; j < 2; ++j) {
      const u64 value = Process::instance().limits[i][j];
      if (value == ~0ull) {
        out.text("unlimited");
      } else {
        out.number(value);
      }
      out.pad_to(start + 26 + 21 * (j + 1));
    }
    out.text(limit_names[i].unit).pad_to(start + 78).text("\n");
  }
}

// `handle`: of HostInfoKind::OpenFile.
void append_host_text(TextBuilder& out, abi::HostInfoKind kind, u64 handle) {
  constexpr u64 part = 8192;
  const u64 start = out.size();
  for (;;) {
    const i64 size = host_call(abi::HostCall::HostInfo, CallKind::Quick, static_cast<u64>(kind), 0, part,
                               out.size() - start, handle);
    u8* to = size > 0 ? out.room(static_cast<u64>(size)) : nullptr;
    if (to == nullptr) {
      return;
    }
    std::memcpy(to, call_buffer(), static_cast<u64>(size));
    out.append(static_cast<u64>(size));
  }
}

template <abi::HostInfoKind kind>
void from_host(TextBuilder& out, u32) {
  append_host_text(out, kind, 0);
}

// mountinfo is made of mounts: source, place, type and options of each line.
void mount_info(TextBuilder& out, u32) {
  TextBuilder mounts;
  from_host<abi::HostInfoKind::Mounts>(mounts, 0);
  const auto* at = reinterpret_cast<const char*>(mounts.data());
  const char* end = at + mounts.size();
  for (u32 id = 20; at < end; ++id) {
    const char* words[4];
    u64 sizes[4];
    for (u32 i = 0; i < 4; ++i) {
      words[i] = at;
      while (at < end && *at != ' ' && *at != '\n') {
        ++at;
      }
      sizes[i] = static_cast<u64>(at - words[i]);
      at += at < end && *at == ' ' ? 1 : 0;
    }
    while (at < end && *at != '\n') {
      ++at;
    }
    at += at < end ? 1 : 0;
    out.number(id).text(id == 20 ? " 1 0:" : " 20 0:").number(id).text(" / ").bytes(words[1], sizes[1]).text(" ");
    out.bytes(words[3], sizes[3]).text(" - ").bytes(words[2], sizes[2]).text(" ").bytes(words[0], sizes[0]);
    out.text(" ").bytes(words[3], std::min<u64>(sizes[3], 2)).text("\n");
  }
}

void input_output(TextBuilder& out, u32) {
  out.text("rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n");
}

void no_text(TextBuilder&, u32) {}

void zero(TextBuilder& out, u32) {
  out.text("0\n");
}
void control_group(TextBuilder& out, u32) {
  out.text("0::/\n");
}
void login_user(TextBuilder& out, u32) {
  out.text("4294967295");
}
void personality(TextBuilder& out, u32) {
  out.hex(Process::instance().personality, 8).text("\n");
}
void core_filter(TextBuilder& out, u32) {
  out.text("00000033\n");
}
void waiting_place(TextBuilder& out, u32) {
  out.text("0");
}
void no_setgroups(TextBuilder& out, u32) {
  out.text("allow\n");
}
void identity_map(TextBuilder& out, u32) {
  out.text("         0          0 4294967295\n");
}

constexpr ProcName names[] = {
    {"auxv", ProcType::File, 0400, auxiliary},
    {"cgroup", ProcType::File, 0444, control_group},
    {"cmdline", ProcType::File, 0444, command_line},
    {"comm", ProcType::WritableFile, 0644, comm},
    {"coredump_filter", ProcType::WritableFile, 0644, core_filter},
    {"cwd", ProcType::Link, 0777},
    {"environ", ProcType::File, 0400, environment},
    {"exe", ProcType::Link, 0777},
    {"fd", ProcType::Descriptors, 0500},
    {"fdinfo", ProcType::DescriptorInfos, 0555},
    {"gid_map", ProcType::File, 0644, identity_map},
    {"io", ProcType::File, 0400, input_output},
    {"limits", ProcType::File, 0444, limits},
    {"loginuid", ProcType::File, 0644, login_user},
    {"maps", ProcType::File, 0444, generate_maps},
    {"mem", ProcType::WritableFile, 0600, no_text},
    {"mountinfo", ProcType::File, 0444, mount_info},
    {"mounts", ProcType::File, 0444, from_host<abi::HostInfoKind::Mounts>},
    {"oom_adj", ProcType::WritableFile, 0644, zero},
    {"oom_score", ProcType::File, 0444, zero},
    {"oom_score_adj", ProcType::WritableFile, 0644, zero},
    {"personality", ProcType::File, 0400, personality},
    {"root", ProcType::Link, 0777},
    {"sessionid", ProcType::File, 0444, login_user},
    {"setgroups", ProcType::File, 0644, no_setgroups},
    {"smaps", ProcType::File, 0444, generate_smaps},
    {"stat", ProcType::File, 0444, generate_stat},
    {"statm", ProcType::File, 0444, generate_statm},
    {"status", ProcType::File, 0444, generate_status},
    {"task", ProcType::Tasks, 0555},
    {"uid_map", ProcType::File, 0644, identity_map},
    {"wchan", ProcType::File, 0444, waiting_place},
};

}  // namespace

const char* proc_thread_name(u32 tid) {
  const Thread* thread = ThreadList::instance().find(tid);
  return thread != nullptr ? thread->name() : ThreadList::instance().count() != 0 ? Thread::current().name() : "";
}

ProcTable proc_process_names() {
  return {names, static_cast<u32>(sizeof names / sizeof *names)};
}

void generate_descriptor_info(TextBuilder& out, u32 fd) {
  const FileRef file = FdTable::instance().get(fd);
  if (!file) {
    return;
  }
  const i64 position = host_call_raw(SYS_lseek, {{file->handle(), 0, SEEK_CUR}, 0}, CallKind::Quick).result;
  constexpr u32 close_on_exec = 02000000;
  const u32 flags = file->flags() | (FdTable::instance().flag(fd) > 0 ? close_on_exec : 0);
  out.text("pos:\t")
      .number(position < 0 ? 0 : position)
      .text("\nflags:\t0")
      .octal(flags)
      .text("\nmnt_id:\t20\nino:\t1\n");
  if (file->kind() == FileKind::Process) {
    const i64 pid = process_of_handle(file->handle());
    out.text("Pid:\t").number(pid < 0 ? -1 : pid).text("\nNSpid:\t").number(pid < 0 ? -1 : pid).text("\n");
  } else if (file->kind() == FileKind::Signal) {
    out.text("sigmask:\t").hex(Signals::instance().watch_mask(*file->signal_watch), 16).text("\n");
  } else if (file->kind() == FileKind::Host && (file->mode() & 0170000) == 0) {
    append_host_text(out, abi::HostInfoKind::OpenFile, file->handle());
  }
}

}  // namespace kx::libos
