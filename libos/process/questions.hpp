// What relatives ask of each other: memory and descriptors. Each process answers for itself.
#pragma once

#include <kx/abi/question.hpp>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// Asks the process `pid`, and waits. `data`, of question_data_size bytes: what goes with the question, and then what
// came with the answer. The answer, or -errno; -EINTR when a signal can be delivered to this thread.
i64 ask_relative(u32 pid, const abi::Question& question, u8* data);

// Answers what relatives ask. The call buffer stays as it is.
void answer_questions();

}  // namespace kx::libos
