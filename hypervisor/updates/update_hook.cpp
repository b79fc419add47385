// The call of a new version's kx_lib_update, as the hypervisor sees it: it has it made, waits, and tells how it ended.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "hypervisor/ipc/waiter.hpp"
#include "hypervisor/process/syscall_names.hpp"
#include "hypervisor/text.hpp"
#include "hypervisor/updates/update_target.hpp"

namespace kx::hv::libraries {

namespace {

// It is looked whether the process is still there.
constexpr long look_again_ns = 20'000'000;
constexpr std::uint64_t largest_errno = 4095;

std::string errno_text(std::uint64_t number) {
  return number <= largest_errno ? std::strerror(static_cast<int>(number)) : "no errno";
}

std::string signal_text(std::uint64_t number) {
  const char* const name = number < 65 ? ::sigabbrev_np(static_cast<int>(number)) : nullptr;
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(number);
}

}  // namespace

void UpdateTarget::start_hook() {
  if (has_hook()) {
    hook_runs_ = true;
    decide(abi::UpdateDecision::Convert);
  }
}

// Everything in the block is the guest's word: it is read once, and decides about this update alone.
Result<void> UpdateTarget::finish_hook(std::uint64_t deadline_ns) {
  if (!hook_runs_) {
    return {};
  }
  std::byte* const block = pvm().memory().translate_ram(Gpa{block_gpa_}, sizeof(abi::UpdateHeader));
  if (block == nullptr) {
    return Unexpected{system_error_from(EFAULT, "memory for the update")};
  }
  // SAFETY: an aligned word of the guest's memory.
  auto* const word = reinterpret_cast<std::uint32_t*>(block + offsetof(abi::UpdateHeader, hook_state));
  constexpr auto none = static_cast<std::uint32_t>(abi::HookState::None);
  std::uint32_t state = none;
  while ((state = std::atomic_ref(*word).load(std::memory_order_acquire)) == none && !pvm().exiting() &&
         !is_past(deadline_ns)) {
    const timespec rest{0, look_again_ns};
    ::syscall(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, none, &rest, nullptr, 0);
  }
  if (pvm().exiting()) {
    return Unexpected{system_error_from(EAGAIN, "processes come and go")};
  }
  hook_runs_ = state == none;
  return state == static_cast<std::uint32_t>(abi::HookState::Returned) && hook_value() == 0
             ? Result<void>()
             : Unexpected{hook_failure(static_cast<abi::HookState>(state))};
}

std::uint64_t UpdateTarget::hook_word(std::size_t offset) const {
  std::uint64_t value = 0;
  const std::byte* const block = program_.pvm().memory().translate_to_read(Gpa{block_gpa_}, sizeof(abi::UpdateHeader));
  if (block != nullptr) {
    std::memcpy(&value, block + offset, sizeof value);
  }
  return value;
}

Error UpdateTarget::hook_failure(abi::HookState state) const {
  const std::uint64_t value = hook_value();
  const auto refused = [](const auto&... what) {
    return make_error(ErrorKind::Unsupported, "kx_lib_update of the version to come ", what...);
  };
  switch (state) {
    case abi::HookState::None:
    case abi::HookState::Stopped:
      return refused("did not return in time");
    case abi::HookState::Returned:
      return refused("returned ", static_cast<std::int64_t>(value), " (", errno_text(value), ")");
    case abi::HookState::Signal: {
      const std::uint64_t address = hook_word(offsetof(abi::UpdateHeader, hook_address));
      if (address == 0) {
        return refused("called a function that is not resolved yet, at address 0: ", signal_text(value));
      }
      const std::uint64_t in_file = address - new_bias_;
      const bool inside = in_file >= to_->file.start() && in_file < to_->file.end();
      return refused("ended by ", signal_text(value), " at ", inside ? library_ + "+" : "",
                     hexadecimal(inside ? in_file : address));
    }
    case abi::HookState::Call:
      return refused("made the system call ", syscall_name(value), ", which is not allowed there");
    case abi::HookState::Wrote:
      return refused("wrote to the old version, at ", image_->name, "+", hexadecimal(value - image_->bias));
    case abi::HookState::NoMemory:
      return refused("cannot be served: ", errno_text(value));
    case abi::HookState::Ending:
      return system_error_from(EAGAIN, "processes come and go");
  }
  return refused("ended in an unknown way");
}

}  // namespace kx::hv::libraries
