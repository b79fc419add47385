#include "hypervisor/process/questions.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace kx::hv {

std::int64_t Questions::ask(const abi::Question& question, std::vector<std::byte> data, const ipc::Patience& patience,
                            const std::function<void()>& tell, RelativeAnswer& answer) {
  Open open;
  open.question = question;
  open.data = std::move(data);
  open.answer = &answer;
  std::unique_lock lock(mutex_);
  if (closed_) {
    return -ESRCH;
  }
  if (open_.size() == most_open) {
    return -EAGAIN;
  }
  const std::uint64_t id = ++last_id_;
  open.question.id = id;
  open_.emplace(id, &open);
  lock.unlock();
  tell();
  lock.lock();
  const std::int64_t result = open.waiter.wait(lock, patience);
  const bool unanswered = open_.erase(id) != 0;
  return unanswered && result == -EAGAIN ? -EPERM : result;
}

bool Questions::next(abi::Question& question, std::vector<std::byte>& data) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(open_.begin(), open_.end(), [](const auto& entry) { return !entry.second->taken; });
  if (found == open_.end()) {
    return false;
  }
  Open& open = *found->second;
  open.taken = true;
  question = open.question;
  data = std::move(open.data);
  return true;
}

std::optional<abi::Question> Questions::find(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(id);
  return found != open_.end() && found->second->taken ? std::optional(found->second->question) : std::nullopt;
}

bool Questions::answer(std::uint64_t id, RelativeAnswer answer) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(id);
  if (found == open_.end() || !found->second->taken) {
    return false;
  }
  Open& open = *found->second;
  open_.erase(found);
  const std::int64_t result = answer.result;
  *open.answer = std::move(answer);
  open.waiter.wake(result);
  return true;
}

void Questions::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& [id, open] : open_) {
    open->waiter.wake(-ESRCH);
  }
  open_.clear();
}

}  // namespace kx::hv
