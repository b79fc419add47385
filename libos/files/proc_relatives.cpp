// /proc/PID of the other processes of the family: what the hypervisor tells of them, and they themselves (proc(5)).
#include <cerrno>
#include <cstring>
#include <kx/abi/host_call.hpp>

#include "files/proc.hpp"
#include "files/proc_tables.hpp"
#include "files/status_lines.hpp"
#include "host/host_call.hpp"
#include "mm/heap.hpp"
#include "process/process.hpp"
#include "process/questions.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

constexpr u64 tick_us = 10'000, tick_ns = tick_us * 1000;  // sysconf(_SC_CLK_TCK) is 100

// False: it is gone.
bool describe(u32 pid, abi::ProcessDescription& description) {
  if (host_call(abi::HostCall::ProcessDescribe, CallKind::Quick, pid, 0) != 0) {
    return false;
  }
  std::memcpy(&description, call_buffer(), sizeof description);
  return true;
}

void command_line(TextBuilder& out, u32 pid) {
  abi::ProcessDescription process;
  if (describe(pid, process)) {
    out.bytes(process.arguments, process.arguments_size);
  }
}

void comm(TextBuilder& out, u32 pid) {
  abi::ProcessDescription process;
  if (describe(pid, process)) {
    out.text(process.name).text("\n");
  }
}

const char* name_of_state(u32 state) {
  switch (state) {
    case 'S':
      return "S (sleeping)";
    case 'T':
      return "T (stopped)";
    case 'Z':
      return "Z (zombie)";
    default:
      return "R (running)";
  }
}

// What only the process itself knows, such as its signal masks, is left out.
void status(TextBuilder& out, u32 pid) {
  abi::ProcessDescription process;
  if (!describe(pid, process)) {
    return;
  }
  out.text("Name:\t").text(process.name).text("\nState:\t").text(name_of_state(process.state));
  out.text("\nTgid:\t").number(pid).text("\nNgid:\t0\nPid:\t").number(pid);
  out.text("\nPPid:\t").number(process.parent).text("\nTracerPid:\t0\n");
  put_ids(out, "Uid", process.user);
  put_ids(out, "Gid", process.group_ids);
  out.text("NStgid:\t").number(pid).text("\nNSpid:\t").number(pid);
  out.text("\nNSpgid:\t").number(process.group).text("\nNSsid:\t").number(process.session).text("\n");
  if (process.state != 'Z') {
    put_size(out, "VmSize", process.memory_size);
    put_size(out, "VmRSS", process.memory_size);
  }
  out.text("Threads:\t").number(process.threads).text("\n");
}

void stat(TextBuilder& out, u32 pid) {
  abi::ProcessDescription process;
  if (!describe(pid, process)) {
    return;
  }
  const char state[] = {static_cast<char>(process.state), 0};
  out.number(pid).text(" (").text(process.name).text(") ").text(state);
  out.text(" ").number(process.parent).text(" ").number(process.group).text(" ").number(process.session);
  const ProcessTerminal terminal = process_terminal(pid);
  out.text(" ").number(terminal.number).text(" ").number(terminal.foreground_group);
  out.text(" 4194304 0 0 0 0 ");  // flags, page faults
  out.number(process.user_us / tick_us).text(" ").number(process.system_us / tick_us).text(" ");
  out.number(process.children_user_us / tick_us).text(" ").number(process.children_system_us / tick_us);
  out.text(" 20 0 ").number(process.threads).text(" 0 ").number(process.start_ns / tick_ns).text(" ");
  out.number(process.memory_size).text(" ").number(process.memory_size / abi::page_size).text(" ").number(u64{0} - 1);
  constexpr int fields_left = 27;  // addresses, signal masks and what else only the process knows
  constexpr int exit_signal = 12;
  for (int i = 0; i < fields_left; ++i) {
    out.text(i == exit_signal ? " 17" : " 0");
  }
  out.text("\n");
}

void statm(TextBuilder& out, u32 pid) {
  abi::ProcessDescription process;
  if (describe(pid, process)) {
    const u64 pages = process.memory_size / abi::page_size;
    out.number(pages).text(" ").number(pages).text(" 0 0 0 ").number(pages).text(" 0\n");
  }
}

// What only the process itself knows, it is asked for.
i64 ask(abi::QuestionKind kind, u32 pid, u32 number, u64 position, u8* data, u64 size) {
  abi::Question question{};
  question.kind = static_cast<u32>(kind);
  question.number = number;
  question.address = position;
  question.size = size;
  const i64 result = ask_relative(pid, question, data);
  switch (result) {
    case -EINTR:
      return restart_always;
    case -EPERM:
      return -EACCES;  // who is stopped answers nothing
    case -ESRCH:
      return -ENOENT;
    default:
      return result;
  }
}

// The place of a name in the table of the process's own directory.
u32 own_name(const char* path) {
  const ProcTable table = proc_process_names();
  u32 i = 0;
  while (i < table.count && std::strcmp(table.names[i].path, path) != 0) {
    ++i;
  }
  return i;
}

void ask_for_text(TextBuilder& out, u32 pid, const char* path) {
  const HeapBlock block(abi::question_data_size);
  for (i64 size = block.bytes() != nullptr ? 1 : -ENOMEM; size != 0;) {
    if (size > 0) {
      size = ask(abi::QuestionKind::ProcText, pid, own_name(path), out.size(), block.bytes(), abi::question_data_size);
    }
    if (size < 0) {
      out.fail(size == -ENOENT ? -ESRCH : size);  // of a zombie nothing is left
      return;
    }
    out.bytes(block.bytes(), static_cast<u64>(size));
  }
}

void auxiliary(TextBuilder& out, u32 pid) {
  ask_for_text(out, pid, "auxv");
}
void environment(TextBuilder& out, u32 pid) {
  ask_for_text(out, pid, "environ");
}
void limits(TextBuilder& out, u32 pid) {
  ask_for_text(out, pid, "limits");
}
void maps(TextBuilder& out, u32 pid) {
  ask_for_text(out, pid, "maps");
}

constexpr ProcName names[] = {
    {"auxv", ProcType::File, 0400, auxiliary},
    {"cmdline", ProcType::File, 0444, command_line},
    {"comm", ProcType::File, 0444, comm},
    {"cwd", ProcType::Link, 0777},
    {"environ", ProcType::File, 0400, environment},
    {"exe", ProcType::Link, 0777},
    {"fd", ProcType::Descriptors, 0500},
    {"limits", ProcType::File, 0444, limits},
    {"maps", ProcType::File, 0444, maps},
    {"root", ProcType::Link, 0777},
    {"stat", ProcType::File, 0444, stat},
    {"statm", ProcType::File, 0444, statm},
    {"status", ProcType::File, 0444, status},
};

}  // namespace

ProcTable proc_relative_names() {
  return {names, static_cast<u32>(sizeof names / sizeof *names)};
}

i64 relative_link(u32 node, u32 pid, TextBuilder& text) {
  u8* const room = text.room(path_capacity);
  if (room == nullptr) {
    return -ENOMEM;
  }
  i64 size = 0;
  if (kind_of(node) == NodeKind::RelativeDescriptor) {
    size = ask(abi::QuestionKind::DescriptorLink, pid, index_of(node), 0, room, path_capacity - 1);
  } else if (name_of(node)->type != ProcType::Link) {
    return -EINVAL;
  } else {
    size = ask(abi::QuestionKind::ProcLink, pid, own_name(name_of(node)->path), 0, room, path_capacity - 1);
  }
  if (size >= 0) {
    room[size] = 0;
    text.append(static_cast<u64>(size));
  }
  return size;
}

i64 next_relative_descriptor(u32 pid, u32 fd) {
  return ask(abi::QuestionKind::NextDescriptor, pid, fd, 0, nullptr, 0);
}

bool is_relative(u32 pid) {
  return process_group(pid) > 0;
}

u32 next_relative(u32 pid) {
  const i64 next =
      host_call(abi::HostCall::ProcessGet, CallKind::Quick, static_cast<u64>(abi::ProcessAttribute::Next), pid);
  return next > 0 ? static_cast<u32>(next) : 0;
}

}  // namespace kx::libos
