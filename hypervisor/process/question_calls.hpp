#pragma once

#include <cstdint>

#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

// HostCall::Ask, NextQuestion, Answer.
std::int64_t ask_process(const CallContext& context, const Call& call);
std::int64_t next_question(const CallContext& context, const Call& call);
std::int64_t answer_question(const CallContext& context, const Call& call);

}  // namespace kx::hv
