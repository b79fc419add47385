#include "loader/exec.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <kx/abi/memory_map.hpp>
#include <kx/base/address.hpp>

#include "files/fd_table.hpp"
#include "files/path.hpp"
#include "host/host_call.hpp"
#include "loader/elf.hpp"
#include "loader/map_elf.hpp"
#include "loader/open_program.hpp"
#include "loader/stack.hpp"
#include "mm/address_space.hpp"
#include "mm/executable.hpp"
#include "mm/heap.hpp"
#include "mm/memory.hpp"
#include "process/borrowed_memory.hpp"
#include "process/exit.hpp"
#include "process/process.hpp"
#include "process/process_info.hpp"
#include "process/robust_list.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "signals/xstate.hpp"
#include "syscalls/identity_calls.hpp"

extern "C" const std::byte kx_vdso_image_begin[];
extern "C" const std::byte kx_vdso_image_end[];

namespace kx::libos {

namespace {

constexpr u32 most_segments = 64;
constexpr u32 deepest_script = 5;  // execve(2): interpreters of interpreters

struct LoadedElf {
  u64 bias = 0;
  u64 entry = 0;
  u64 phdr = 0;
  u64 phdr_count = 0;
  u64 brk = 0;
};

i64 errno_of(ElfError error) {
  return error == ElfError::TooManySegments ? -ENOMEM : -ENOEXEC;
}

// Where a position-independent image of `size` bytes goes.
u64 choose_bias(const ElfLayout& layout, bool is_interpreter, bool has_interpreter) {
  AddressSpace& space = AddressSpace::instance();
  const u64 size = layout.end - layout.start;
  if (!is_interpreter && has_interpreter) {
    return align_up(space.image_base(), std::max(layout.alignment, abi::huge_page_size)) - layout.start;
  }
  // The interpreter, and static-PIE programs, lie where mmap would put them.
  MapRequest request;
  request.size = size + layout.alignment;
  request.prot = 0;
  const i64 place = space.map(request);
  if (place < 0) {
    return 0;
  }
  space.unmap(static_cast<u64>(place), request.size);
  return align_up(static_cast<u64>(place), layout.alignment) - layout.start;
}

// A parsed image, ready to be mapped.
struct Plan {
  ProgramFile image;
  ElfHeader header{};
  ElfLayout layout{};
  ElfSegment* segments = nullptr;
  char interpreter[256] = {};

  Plan() : segments(static_cast<ElfSegment*>(heap_allocate(most_segments * sizeof(ElfSegment)))) {}
  ~Plan() { heap_free(segments, most_segments * sizeof(ElfSegment)); }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
};

enum class Role : u8 { Program, Interpreter };

i64 read_interpreter_name(Plan& plan) {
  const u64 size = plan.layout.interp_size;
  if (size > sizeof plan.interpreter) {
    return -ENAMETOOLONG;
  }
  std::byte text[sizeof plan.interpreter];
  if (const u64 offset = plan.layout.interp_offset; !outside(offset, size, 0, plan.image.head_size)) {
    std::memcpy(text, plan.image.head + offset, size);
  } else if (read_at(*plan.image.file, offset, text, size) != static_cast<i64>(size)) {
    return -ENOEXEC;
  }
  const auto name = parse_elf_interp({text, size});
  if (!name) {
    return -ENOEXEC;
  }
  std::memcpy(plan.interpreter, name->data(), name->size());
  plan.interpreter[name->size()] = 0;
  return 0;
}

// Judges the image whose file is open and whose head is read.
i64 parse_image(Plan& plan, Role role) {
  if (plan.segments == nullptr) {
    return -ENOMEM;
  }
  auto header = parse_elf_header({plan.image.head, plan.image.head_size});
  if (!header) {
    return role == Role::Interpreter ? -ELIBBAD : errno_of(header.error());
  }
  plan.header = *header;
  const u64 table_size = header->phdr_size();
  std::byte table[elf_max_program_headers * sizeof(ElfProgramHeader)];
  if (!outside(header->phdr_offset, table_size, 0, plan.image.head_size)) {
    std::memcpy(table, plan.image.head + header->phdr_offset, table_size);
  } else if (read_at(*plan.image.file, header->phdr_offset, table, table_size) != static_cast<i64>(table_size)) {
    return role == Role::Interpreter ? -ELIBBAD : -ENOEXEC;
  }
  auto layout =
      parse_elf_segments(*header, {table, table_size}, plan.image.size, abi::user_end, {plan.segments, most_segments});
  if (!layout) {
    return role == Role::Interpreter ? -ELIBBAD : errno_of(layout.error());
  }
  plan.layout = *layout;
  return role == Role::Program && layout->interp_size != 0 ? read_interpreter_name(plan) : 0;
}

// What a library policy says of an image, whose head is then that of the content it judged. `program`: the handle of
// the program it is for. 0 or an errno.
i64 judge_image(ProgramFile& image, u64 program) {
  if (!has_library_policy()) {
    return 0;
  }
  if (const i64 result = approve_file(*image.file, program); result != 0) {
    return result;
  }
  const i64 got = read_at(*image.file, 0, image.head, ProgramFile::head_capacity);
  if (got < 0) {
    return got;
  }
  image.head_size = static_cast<u64>(got);
  return 0;
}

// What it says of memory that the image wants executable and that is no content of a file, or does not stay it.
i64 judge_memory(const Plan& plan, Role role, u64 program) {
  if (!has_library_policy()) {
    return 0;
  }
  for (u64 i = 0; i < plan.layout.segment_count; ++i) {
    const ElfSegment& segment = plan.segments[i];
    if ((segment.prot & prot::execute) == 0) {
      continue;
    }
    const bool writable = (segment.prot & prot::write) != 0;
    if (writable || segment.end > segment.file_end) {
      const auto kind = writable ? abi::ExecutableKind::Writable : abi::ExecutableKind::Anonymous;
      if (const i64 result = approve_memory(kind, program); result != 0) {
        return result;
      }
    }
  }
  const bool stack = role == Role::Program && plan.layout.stack == ElfStack::Executable;
  return stack ? approve_memory(abi::ExecutableKind::Writable, program) : 0;
}

// Maps a parsed image. After a failure the address space is in no defined state.
i64 map_image(const Plan& plan, Role role, LoadedElf& loaded) {
  AddressSpace& space = AddressSpace::instance();
  loaded.bias = plan.header.type == ElfType::PositionIndependent
                    ? choose_bias(plan.layout, role == Role::Interpreter, plan.layout.interp_size != 0)
                    : 0;
  for (u64 i = 0; i < plan.layout.segment_count; ++i) {
    const ElfSegment& segment = plan.segments[i];
    if (const i64 result = map_elf_segment(segment, loaded.bias, *plan.image.file, true); result != 0) {
      return result;
    }
    if (role == Role::Program && (segment.prot & prot::execute) != 0) {
      space.code_start = loaded.bias + segment.start;
      space.code_end = loaded.bias + segment.end;
    } else if (role == Role::Program && (segment.prot & prot::write) != 0) {
      space.data_start = loaded.bias + segment.start;
      space.data_end = loaded.bias + segment.end;
    }
  }
  loaded.entry = loaded.bias + plan.header.entry;
  loaded.phdr = plan.layout.phdr_vaddr ? loaded.bias + *plan.layout.phdr_vaddr : 0;
  loaded.phdr_count = plan.header.phdr_count;
  loaded.brk = loaded.bias + plan.layout.brk;
  return 0;
}

// Maps the vDSO with the time page in front of it; the vDSO's address, or 0.
u64 map_vdso() {
  AddressSpace& space = AddressSpace::instance();
  const u64 size = static_cast<u64>(kx_vdso_image_end - kx_vdso_image_begin);
  return space.map_vdso(reinterpret_cast<const u8*>(kx_vdso_image_begin), size);
}

// A script's interpreter replaces it: the argument list becomes interpreter, [argument], path, arguments after the
// first.
i64 apply_script(const ScriptLine& line, const char* path, StringList& arguments, char*& storage, u64& storage_size) {
  const u64 path_size = std::strlen(path) + 1;
  const u64 skipped = arguments.count > 0 ? std::strlen(arguments.text) + 1 : 0;
  const u64 rest = arguments.size - skipped;
  const u64 size = line.interpreter.size() + 1 + (line.has_argument ? line.argument.size() + 1 : 0) + path_size + rest;
  auto* text = static_cast<char*>(heap_allocate(size));
  if (text == nullptr) {
    return -ENOMEM;
  }
  char* at = text;
  const auto append = [&](const char* from, u64 count) {
    std::memcpy(at, from, count);
    at += count;
    *at++ = 0;
  };
  append(line.interpreter.data(), line.interpreter.size());
  if (line.has_argument) {
    append(line.argument.data(), line.argument.size());
  }
  append(path, path_size - 1);
  std::memcpy(at, arguments.text + skipped, rest);
  arguments.count = arguments.count - (arguments.count > 0 ? 1 : 0) + 2 + (line.has_argument ? 1 : 0);
  heap_free(storage, storage_size);
  storage = text;
  storage_size = size;
  arguments.text = text;
  arguments.size = size;
  return 0;
}

void remember_program(const char* path, const ProgramFile& image) {
  ProcessInfo& info = ProcessInfo::instance();
  const char* exe = image.path != nullptr ? image.path : path;
  const u64 size = std::min(std::strlen(exe), sizeof info.exe_path - 1);
  std::memcpy(info.exe_path, exe, size);
  info.exe_path[size] = 0;
  const char* base = path;
  for (const char* c = path; *c != 0; ++c) {
    base = *c == '/' ? c + 1 : base;
  }
  Thread& thread = Thread::current();
  std::memset(thread.name(), 0, sizeof thread.page->thread_name);
  std::memcpy(thread.name(), base, std::min(std::strlen(base), sizeof thread.page->thread_name - 1));
}

// Everything that can fail for a reason the caller is told: files, formats, permissions.
struct Prepared {
  Plan program;
  Plan interpreter;
  StringList arguments;
  char* script_arguments = nullptr;
  u64 script_arguments_size = 0;

  Prepared() = default;
  ~Prepared() { heap_free(script_arguments, script_arguments_size); }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
};

// Once its file is open.
i64 prepare_interpreter(Plan& interpreter, u64 program) {
  i64 result = judge_image(interpreter.image, program);
  if (result == 0) {
    result = parse_image(interpreter, Role::Interpreter);
  }
  return result == 0 ? judge_memory(interpreter, Role::Interpreter, program) : result;
}

i64 prepare(const ExecRequest& request, Prepared& prepared) {
  char path[4096];
  const u64 path_length = std::strlen(request.path);
  if (path_length >= sizeof path) {
    return -ENAMETOOLONG;
  }
  std::memcpy(path, request.path, path_length + 1);
  prepared.arguments = request.arguments;
  ProgramFile& image = prepared.program.image;
  for (u32 depth = 0;; ++depth) {
    if (const i64 result = open_for_execution(path, depth == 0 ? request.final : FinalLink::Follow, image);
        result != 0) {
      return result;
    }
    const auto line = parse_script_line({image.head, image.head_size});
    if (!line) {
      break;
    }
    if (depth == deepest_script) {
      return -ELOOP;
    }
    if (request.script_path_lost) {
      return -ENOENT;  // its interpreter could not read it
    }
    if (line->interpreter.empty()) {
      return -EACCES;  // as Linux: the directory the empty name stands for
    }
    if (const i64 result =
            apply_script(*line, path, prepared.arguments, prepared.script_arguments, prepared.script_arguments_size);
        result != 0) {
      return result;
    }
    if (line->interpreter.size() >= sizeof path) {
      return -ENAMETOOLONG;
    }
    std::memcpy(path, line->interpreter.data(), line->interpreter.size());
    path[line->interpreter.size()] = 0;
  }
  const u64 program = image.file->handle();
  if (const i64 result = judge_image(image, program); result != 0) {
    return result;
  }
  // A file without a `#!` line that is no ELF is the shell's to run, as execvp(3) has it; execve(2) says ENOEXEC.
  if (const i64 result = parse_image(prepared.program, Role::Program); result != 0) {
    return result;
  }
  if (const i64 result = judge_memory(prepared.program, Role::Program, program); result != 0) {
    return result;
  }
  if (prepared.program.layout.interp_size != 0) {
    const i64 result = open_for_execution(prepared.program.interpreter, FinalLink::Follow, prepared.interpreter.image);
    if (result != 0) {
      return result == -ENOENT && request.first ? -ELIBACC : result;
    }
    return prepare_interpreter(prepared.interpreter, program);
  }
  return 0;
}

// musl's is the C library as well: what it calls may be called for the program.
bool is_glibc_linker(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return std::strcmp(slash != nullptr ? slash + 1 : path, "ld-linux-x86-64.so.2") == 0;
}

i64 commit(const ExecRequest& request, const Prepared& prepared, Context& context) {
  const bool has_interpreter = prepared.program.layout.interp_size != 0;
  LoadedElf program, interpreter;
  AddressSpace::instance().defer_reading();
  i64 result = map_image(prepared.program, Role::Program, program);
  if (result == 0 && has_interpreter) {
    result = map_image(prepared.interpreter, Role::Interpreter, interpreter);
  }
  // What lies beyond the end of a file that became shorter is a SIGBUS, when it is touched.
  static_cast<void>(AddressSpace::instance().finish_reading());
  if (result != 0) {
    return result;
  }
  if (!clear_elf_tails(prepared.program.layout, prepared.program.segments, program.bias) ||
      (has_interpreter &&
       !clear_elf_tails(prepared.interpreter.layout, prepared.interpreter.segments, interpreter.bias))) {
    return -EFAULT;
  }
  const bool has_linker = has_interpreter && is_glibc_linker(prepared.program.interpreter);
  AddressSpace::instance().linker_start = has_linker ? interpreter.bias + prepared.interpreter.layout.start : 0;
  AddressSpace::instance().linker_end = has_linker ? interpreter.bias + prepared.interpreter.layout.end : 0;
  ProcessInfo& info = ProcessInfo::instance();
  ++info.generation;
  info.headers_start = program.phdr;
  info.header_count = program.phdr_count;
  info.linker_start = has_interpreter ? interpreter.bias + prepared.interpreter.layout.start : 0;
  info.linker_end = has_interpreter ? interpreter.bias + prepared.interpreter.layout.end : 0;
  AddressSpace::instance().set_break_start(program.brk);
  remember_program(request.path, prepared.program.image);

  StackRequest stack;
  stack.arguments = prepared.arguments;
  stack.environment = request.environment;
  stack.path = request.path;
  stack.executable = prepared.program.layout.stack == ElfStack::Executable;
  stack.vdso = map_vdso();
  stack.phdr = program.phdr;
  stack.phdr_count = program.phdr_count;
  stack.interpreter_base = has_interpreter ? interpreter.bias : 0;
  stack.entry = program.entry;
  u64 stack_pointer = 0;
  if (result = build_stack(stack, stack_pointer); result != 0) {
    return result;
  }
  context = Context{};
  context.orig_rax = ~0ull;
  context.rip = has_interpreter ? interpreter.entry : program.entry;
  context.rsp = stack_pointer;
  context.cs = abi::selector_user_code;
  context.ss = abi::selector_user_data;
  context.rflags = program_rflags;
  return 0;
}

// The program as it was until now goes: threads, memory, handlers, descriptors marked so (execve(2)).
void leave_old_program(const Prepared& prepared) {
  const StringList& arguments = prepared.arguments;
  Thread& self = Thread::current();
  end_other_threads();
  release_robust_futexes(self);
  self.clear_child_tid = 0;
  self.set_tid(Process::instance().pid);
  return_borrowed_memory();
  change_identity_for_exec();
  Signals::instance().reset_for_exec(self);
  FdTable::instance().close_on_exec();
  u64 random = 0;
  random_bytes(&random, sizeof random);
  AddressSpace::instance().clear();
  forget_approvals();
  // Before anything of the new program is mapped: the parent may write again what it had frozen.
  const u64 named = std::min<u64>(arguments.size, abi::command_size);
  std::memcpy(call_buffer() + fault_buffer_offset, arguments.text, named);
  host_call(abi::HostCall::Executed, CallKind::Blocking, fault_buffer_offset, named,
            prepared.program.image.file->handle());
  Memory::instance().begin_program();
  AddressSpace::instance().start(random);
  Process::instance().dumpable = 1;
  Process::instance().uses_membarrier = false;
  Process::instance().personality &= ~0x0400000u;  // READ_IMPLIES_EXEC belongs to an image
  write_fs_base(0);
  reset_xstate();
}

}  // namespace

i64 load_program(const ExecRequest& request, Context& context) {
  auto* prepared = heap_new<Prepared>();
  if (prepared == nullptr) {
    return -ENOMEM;
  }
  i64 result = prepare(request, *prepared);
  if (result == 0) {
    if (request.first) {
      host_call(abi::HostCall::ProcessSet, CallKind::Quick, static_cast<u64>(abi::ProcessAttribute::Program), 0,
                prepared->program.image.file->handle());
    } else {
      leave_old_program(*prepared);
    }
    result = commit(request, *prepared, context);
    if (result != 0 && !request.first) {
      end_process(killed_by(9));  // past the point of no return, as Linux
    }
  }
  heap_delete(prepared);
  return result;
}

}  // namespace kx::libos
