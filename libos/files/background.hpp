// What becomes of a process that uses its terminal in the background.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// After result_background of a read (SIGTTIN), or of a write or change (SIGTTOU). 0: it may go on. Otherwise -EIO, or
// the signal has been sent to the process's group and the call is restarted (termios(3), setpgid(2)).
i64 refuse_in_background(u32 signo);

}  // namespace kx::libos
