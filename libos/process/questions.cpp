#include "process/questions.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "files/fd_table.hpp"
#include "files/proc.hpp"
#include "files/proc_tables.hpp"
#include "host/host_call.hpp"
#include "libraries/image.hpp"
#include "libraries/update.hpp"
#include "mm/address_space.hpp"
#include "mm/heap.hpp"
#include "mm/tlb.hpp"
#include "process/process.hpp"
#include "process/process_info.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"

namespace kx::libos {

namespace {

constexpr i32 hypervisor_process = 1;
constexpr u64 question_offset = 0, data_offset = 64;
static_assert(sizeof(abi::Question) <= data_offset && data_offset + abi::question_data_size <= fault_buffer_offset);

// As far as it is accessible; -EFAULT if not even the first byte is.
template <class Copy>
i64 copy_pages(u64 address, u64 size, Copy&& copy) {
  u64 done = 0;
  while (done < size) {
    const u64 at = address + done;
    const u64 part = std::min(size - done, abi::page_size - (at & (abi::page_size - 1)));
    if (at < address || !copy(at, done, part)) {
      break;
    }
    done += part;
  }
  return done != 0 || size == 0 ? static_cast<i64>(done) : -EFAULT;
}

i64 proc_text(const abi::Question& question, u8* data) {
  const ProcTable table = proc_process_names();
  if (question.number >= table.count || table.names[question.number].generate == nullptr) {
    return -ENOENT;
  }
  TextBuilder text;
  table.names[question.number].generate(text, Process::instance().pid);
  if (text.failed()) {
    return -ENOMEM;
  }
  const u64 position = std::min(question.address, text.size());
  const u64 size = std::min(question.size, text.size() - position);
  std::memcpy(data, text.data() + position, size);
  return static_cast<i64>(size);
}

[[gnu::noinline]] i64 link_text(u32 node, u32 subject, const abi::Question& question, u8* data) {
  char text[path_capacity];
  const i64 size = proc_link(node, subject, text);
  if (size > 0) {
    std::memcpy(data, text, std::min(static_cast<u64>(size), question.size));
  }
  return std::min(size, static_cast<i64>(question.size));
}

// Who asks for memory or descriptors may have what ptrace(2) gives where only ancestors may use it: Linux with Yama's
// ptrace_scope of 1. What /proc says is for all relatives.
i64 answer_relative(const abi::Question& question, u8* data) {
  const bool of_proc = question.kind >= static_cast<u32>(abi::QuestionKind::ProcText);
  const bool permitted = question.asker == hypervisor_process ||
                         ((of_proc || question.of_ancestor != 0) && Process::instance().dumpable == 1);
  if (!permitted) {
    return of_proc ? -EACCES : -EPERM;
  }
  const u32 pid = Process::instance().pid;
  switch (static_cast<abi::QuestionKind>(question.kind)) {
    case abi::QuestionKind::ProcText:
      return proc_text(question, data);
    case abi::QuestionKind::ProcLink:
      return question.number < proc_process_names().count
                 ? link_text(make_node(NodeKind::ProcessName, question.number), pid, question, data)
                 : -ENOENT;
    case abi::QuestionKind::DescriptorLink:
      return link_text(make_node(NodeKind::DescriptorLink), question.number, question, data);
    case abi::QuestionKind::NextDescriptor: {
      const i64 fd = FdTable::instance().next_open(question.number);
      return fd < 0 ? -ENOENT : fd;
    }
    case abi::QuestionKind::ReadMemory:
      return copy_pages(question.address, question.size,
                        [&](u64 at, u64 done, u64 part) { return copy_from_user(data + done, at, part); });
    case abi::QuestionKind::WriteMemory:
      return copy_pages(question.address, question.size,
                        [&](u64 at, u64 done, u64 part) { return copy_to_user(at, data + done, part); });
    case abi::QuestionKind::Descriptor: {
      const FileRef file = FdTable::instance().get(question.number);
      return file ? static_cast<i64>(file->handle()) : -EBADF;
    }
    default:
      return -ENOSYS;
  }
}

i64 mapped_file(u64 address, u8* data) {
  AddressSpace& space = AddressSpace::instance();
  i64 result = -ENOENT;
  space.for_each_area([&](const Vma& vma) {
    if (const OpenFile* file = vma.contains(address) ? space.file_of(vma) : nullptr; file != nullptr) {
      const abi::MappedFileView view{file->handle(), file->content_handle(), vma.offset + (address - vma.start),
                                     vma.start, vma.end};
      std::memcpy(data, &view, sizeof view);
      result = sizeof view;
    }
  });
  return result;
}

// What the hypervisor asks for the sake of library updates.
i64 answer_hypervisor(const abi::Question& question, u8* data) {
  switch (static_cast<abi::QuestionKind>(question.kind)) {
    case abi::QuestionKind::Program: {
      const ProcessInfo& info = ProcessInfo::instance();
      const abi::ProgramView view{info.headers_start, info.header_count, info.linker_start, info.linker_end,
                                  info.generation};
      std::memcpy(data, &view, sizeof view);
      return sizeof view;
    }
    case abi::QuestionKind::MappedFile:
      return mapped_file(question.address, data);
    case abi::QuestionKind::MapImage:
      return map_library_image(question.number, static_cast<u32>(question.size), static_cast<u32>(question.size >> 32),
                               question.address);
    case abi::QuestionKind::UnmapImage:
      return question.number == static_cast<u32>(ProcessInfo::instance().generation)
                 ? AddressSpace::instance().unmap(question.address, question.size)
                 : -ESTALE;
    case abi::QuestionKind::UpdateMemory:
      return set_update_memory(question.size);
    case abi::QuestionKind::Update:
      return carry_out_update(
          static_cast<abi::UpdateMode>(question.number),
          [](u64 id) { host_call(abi::HostCall::Answer, CallKind::Quick, id, 0, data_offset); }, question.id);
    default:
      return answer_relative(question, data);
  }
}

i64 answer(const abi::Question& question, u8* data) {
  const bool of_hypervisor = question.asker == hypervisor_process;
  return of_hypervisor ? answer_hypervisor(question, data) : answer_relative(question, data);
}

}  // namespace

i64 ask_relative(u32 pid, const abi::Question& question, u8* data) {
  for (;;) {
    std::memcpy(call_buffer() + question_offset, &question, sizeof question);
    if (question.size != 0) {
      std::memcpy(call_buffer() + data_offset, data, question.size);
    }
    i64 result = 0;
    {
      const IdleSection idle;
      result = host_call(abi::HostCall::Ask, CallKind::Blocking, pid, question_offset, data_offset);
    }
    if (result == -EINTR) {
      // Whom it asks may itself wait for an answer of this process.
      absorb_pending();
      if (!Signals::instance().deliverable(Thread::current())) {
        continue;
      }
    }
    if (result > 0 && static_cast<u64>(result) <= question.size) {
      std::memcpy(data, call_buffer() + data_offset, static_cast<u64>(result));
    }
    return result;
  }
}

void answer_questions() {
  const HeapBlock kept(fault_buffer_offset), block(abi::question_data_size);
  if (kept.bytes() == nullptr || block.bytes() == nullptr) {
    return;  // who asks gives up after a while
  }
  std::memcpy(kept.bytes(), call_buffer(), fault_buffer_offset);
  while (host_call(abi::HostCall::NextQuestion, CallKind::Quick, question_offset, data_offset) == 1) {
    abi::Question question;
    std::memcpy(&question, call_buffer() + question_offset, sizeof question);
    const u64 carried = std::min(question.size, abi::question_data_size);
    std::memcpy(block.bytes(), call_buffer() + data_offset, carried);
    const i64 result = answer(question, block.bytes());
    std::memcpy(call_buffer() + data_offset, block.bytes(), carried);
    host_call(abi::HostCall::Answer, CallKind::Quick, question.id, static_cast<u64>(result), data_offset);
  }
  std::memcpy(call_buffer(), kept.bytes(), fault_buffer_offset);
}

}  // namespace kx::libos
