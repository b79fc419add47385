// Signals that file calls raise on the calling thread.
#pragma once

namespace kx::libos {

void raise_sigpipe();  // a write to a pipe or socket that nobody reads
void raise_sigxfsz();  // a write beyond RLIMIT_FSIZE

}  // namespace kx::libos
