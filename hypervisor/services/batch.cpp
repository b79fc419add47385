// Several host calls in one: abi/batch.hpp.
#include <algorithm>
#include <array>
#include <cerrno>
#include <kx/abi/batch.hpp>

#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

// How many calls were made, the last of them with or without success. Always on the vCPU's own thread: a call in the
// middle may have to wait, and what was done before it cannot be taken back.
std::int64_t serve_batch(CallContext& context, Call& call) {
  const std::uint64_t offset = call.args[0];
  const std::uint64_t count = call.args[1];
  if (count > abi::most_batched) {
    return -EINVAL;
  }
  if (!context.may_block()) {
    return abi::result_must_exit;
  }
  std::array<std::int64_t, abi::most_batched> results{};
  for (std::uint64_t i = 0; i < count; ++i) {
    abi::BatchEntry entry;
    if (!copy_in(context, offset + i * sizeof entry, entry)) {
      return -EFAULT;
    }
    if (!abi::may_be_batched(entry.number) || entry.handle_from > i) {
      return -EINVAL;
    }
    Call each{entry.number};
    std::copy(std::begin(entry.args), std::end(entry.args), std::begin(each.args));
    if (entry.handle_from != 0) {
      each.args[0] = static_cast<std::uint64_t>(results[entry.handle_from - 1]);
    }
    results[i] = entry.result = serve(context, each);
    std::copy(std::begin(each.extra), std::end(each.extra), std::begin(entry.extra));
    if (!copy_out(context, offset + i * sizeof entry, entry)) {
      return -EFAULT;
    }
    if (entry.result < 0) {
      return static_cast<std::int64_t>(i) + 1;
    }
  }
  return static_cast<std::int64_t>(count);
}

}  // namespace kx::hv
