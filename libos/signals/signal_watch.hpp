// What a signalfd(2) looks for, and the host's eventfd that shows poll, select and epoll whether it is there.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

class OpenFile;

// Kept by Signals, under its lock. The eventfd counts up with each matching signal, so that an edge-triggered epoll
// sees every one, and is drained when none is pending in any thread. A signal sent to one thread thus shows in all of
// them; reading takes only what is the reader's.
struct SignalWatch {
  u64 handle = 0;  // of the eventfd
  u64 mask = 0;
  bool raised = false;
  OpenFile* file = nullptr;  // whose watch it is
  SignalWatch* next = nullptr;

  void raise();
  void drain();
};

}  // namespace kx::libos
