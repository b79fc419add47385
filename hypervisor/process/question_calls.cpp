// Host calls by which processes ask each other, and answer.
#include "hypervisor/process/question_calls.hpp"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"

namespace kx::hv {

namespace {

// Who does not answer for so long, as it does not come to it or does not want to, permits nothing.
constexpr std::uint64_t patience_ns = 5'000'000'000;

bool is_ancestor(ProcessTable& processes, ProcessId ancestor, ProcessId pid) {
  while (pid > init_process && pid != ancestor) {
    ProcessId parent = init_process;
    processes.change(pid, [&](const ProcessTable::Process& process) { parent = process.parent; });
    pid = parent;
  }
  return pid == ancestor;
}

std::int64_t take_answer(const CallContext& context, const abi::Question& question, std::uint64_t offset,
                         RelativeAnswer& answer) {
  if (static_cast<abi::QuestionKind>(question.kind) == abi::QuestionKind::Descriptor) {
    return answer.file ? add_handle(context, answer.file.release(), answer.process) : -EBADF;
  }
  return answer.data.empty() || copy_out_bytes(context, offset, answer.data) ? answer.result : -EFAULT;
}

// The file that the answer to a question for a descriptor names.
bool take_file(const CallContext& context, std::uint64_t handle, RelativeAnswer& answer) {
  const HandleTable::File file = context.services.handles.get_to_wait(handle);
  answer.process = context.services.handles.process_of(handle);
  answer.file = UniqueFd(file != nullptr ? ::fcntl(file->get(), F_DUPFD_CLOEXEC, 0) : -1);
  return answer.file.is_open();
}

}  // namespace

std::int64_t ask_process(const CallContext& context, const Call& call) {
  Pvm& pvm = *context.services.pvm;
  abi::Question question;
  if (!copy_in(context, call.args[1], question)) {
    return -EFAULT;
  }
  if (question.kind >= static_cast<std::uint32_t>(abi::first_of_hypervisor) ||
      question.size > abi::question_data_size) {
    return -EINVAL;
  }
  std::vector<std::byte> data;
  if (static_cast<abi::QuestionKind>(question.kind) == abi::QuestionKind::WriteMemory) {
    auto given = copy_in_bytes(context, call.args[2], question.size);
    if (!given) {
      return -EFAULT;
    }
    data = std::move(*given);
  }
  ProcessTable& processes = pvm.family().processes();
  const auto pid = static_cast<ProcessId>(call.args[0]);
  std::shared_ptr<Pvm> asked;
  bool stopped = false;
  processes.change(pid, [&](const ProcessTable::Process& process) {
    asked = process.pvm;
    stopped = process.state == ProcessTable::State::Stopped;
  });
  if (asked == nullptr || asked.get() == &pvm) {
    return -ESRCH;
  }
  if (stopped) {
    return -EPERM;  // nobody is there to answer
  }
  question.asker = pvm.pid();
  question.of_ancestor = is_ancestor(processes, pvm.pid(), pid) ? 1 : 0;
  RelativeAnswer answer;
  const ipc::Patience patience{context.kicked, ipc::deadline_after(patience_ns)};
  const std::int64_t result = asked->questions().ask(
      question, std::move(data), patience, [&] { asked->tell_of_question(); }, answer);
  return result < 0 ? result : take_answer(context, question, call.args[2], answer);
}

std::int64_t next_question(const CallContext& context, const Call& call) {
  abi::Question question;
  if (buffer_at(context, call.args[1], abi::question_data_size) == nullptr ||
      buffer_at(context, call.args[0], sizeof question) == nullptr) {
    return -EFAULT;
  }
  std::vector<std::byte> data;
  if (!context.services.pvm->questions().next(question, data)) {
    return 0;
  }
  return copy_out_bytes(context, call.args[1], data) && copy_out(context, call.args[0], question) ? 1 : -EFAULT;
}

std::int64_t answer_question(const CallContext& context, const Call& call) {
  Questions& questions = context.services.pvm->questions();
  const auto question = questions.find(call.args[0]);
  if (!question) {
    return -ESRCH;
  }
  RelativeAnswer answer;
  answer.result = static_cast<std::int64_t>(call.args[1]);
  const auto kind = static_cast<abi::QuestionKind>(question->kind);
  const bool too_much = answer.result > 0 && static_cast<std::uint64_t>(answer.result) > question->size;
  const bool has_data = abi::answers_with_data(kind);
  constexpr std::int64_t most_errno = 4095;
  if (answer.result < -most_errno || ((has_data || kind == abi::QuestionKind::WriteMemory) && too_much)) {
    return -EINVAL;
  }
  if (has_data && answer.result > 0) {
    auto data = copy_in_bytes(context, call.args[2], static_cast<std::uint64_t>(answer.result));
    if (!data) {
      return -EFAULT;
    }
    answer.data = std::move(*data);
  }
  if (kind == abi::QuestionKind::Descriptor && answer.result >= 0 && !take_file(context, call.args[1], answer)) {
    return -EBADF;
  }
  return questions.answer(call.args[0], std::move(answer)) ? 0 : -ESRCH;
}

}  // namespace kx::hv
