// What relatives ask a pVM (kx/abi/question.hpp): carried to its library OS, and its answers back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <kx/abi/question.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "hypervisor/ipc/waiter.hpp"
#include "hypervisor/process/handle_table.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

struct RelativeAnswer {
  std::int64_t result = 0;
  std::vector<std::byte> data;
  UniqueFd file;  // of a question for a descriptor
  std::optional<ProcessReference> process;
};

// Thread-safe.
class Questions {
 public:
  static constexpr std::size_t most_open = 64;

  // Waits for the answer to `question`, which comes with `data`. `tell` makes the asked look; it is called without a
  // lock. -EINTR after a kick; -ESRCH: the asked has ended, or will; -EAGAIN: too many ask; -EPERM: no answer in time.
  std::int64_t ask(const abi::Question& question, std::vector<std::byte> data, const ipc::Patience& patience,
                   const std::function<void()>& tell, RelativeAnswer& answer);

  // The next question that nobody has taken; false: there is none.
  bool next(abi::Question& question, std::vector<std::byte>& data);
  // A question that was taken and waits for its answer.
  std::optional<abi::Question> find(std::uint64_t id);
  // False: nobody waits for it any more.
  bool answer(std::uint64_t id, RelativeAnswer answer);

  // The pVM has ended: no question is answered any more.
  void close();

 private:
  struct Open {
    abi::Question question{};
    std::vector<std::byte> data;
    bool taken = false;
    RelativeAnswer* answer = nullptr;
    ipc::Waiter waiter;
  };

  std::mutex mutex_;
  std::map<std::uint64_t, Open*> open_;  // by id; each on the stack of who waits
  std::uint64_t last_id_ = 0;
  bool closed_ = false;
};

}  // namespace kx::hv
