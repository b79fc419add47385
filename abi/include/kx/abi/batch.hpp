// Several host calls in one: what would be an exit each is one.
#pragma once

#include <sys/syscall.h>

#include <cstdint>
#include <kx/abi/host_call.hpp>
#include <type_traits>

namespace kx::abi {

// One call of a batch. They are made in order; the first that fails is the last that is made.
struct BatchEntry {
  std::uint32_t number;
  std::uint32_t handle_from;  // 0, or the number, from 1 on, of an earlier entry whose result replaces args[0]
  std::uint64_t args[6];
  std::int64_t result;
  std::uint64_t extra[2];
};
static_assert(sizeof(BatchEntry) == 80 && std::has_unique_object_representations_v<BatchEntry>);

inline constexpr std::uint32_t most_batched = 16;

// Calls that may be part of a batch: they look at files.
constexpr bool may_be_batched(std::uint32_t number) {
  return number == SYS_faccessat2 || number == SYS_fstat || number == static_cast<std::uint32_t>(HostCall::Open) ||
         number == static_cast<std::uint32_t>(HostCall::Read) ||
         number == static_cast<std::uint32_t>(HostCall::CheckProgram) ||
         number == static_cast<std::uint32_t>(HostCall::HandlePath);
}

}  // namespace kx::abi
