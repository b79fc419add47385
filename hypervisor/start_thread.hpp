// Starts threads of the host, of which a user or a control group may have no more left.
#pragma once

#include <system_error>
#include <thread>
#include <utility>

#include "hypervisor/error.hpp"

namespace kx::hv {

template <class Function>
Result<std::thread> start_thread(Function&& function) {
  try {
    return std::thread(std::forward<Function>(function));
  } catch (const std::system_error& error) {
    return Unexpected{system_error_from(error.code().value(), "start a thread")};
  }
}

}  // namespace kx::hv
