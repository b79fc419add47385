// Stopping all other threads at places where they hold no lock of the library OS, for what must see it at rest: fork.
#pragma once

namespace kx::libos {

// One at a time: who comes second waits. While it lives the other vCPUs are in the library OS, or blocked in a host
// call, and stay there.
class StoppedWorld {
 public:
  StoppedWorld();
  ~StoppedWorld();
  StoppedWorld(const StoppedWorld&) = delete;
  StoppedWorld& operator=(const StoppedWorld&) = delete;
};

// Where a vCPU holds no lock: waits here while the world is to be stopped.
void stop_with_world();

// True if somebody wants the world to stop.
bool world_stops();

// Sleeps while the world is stopped; for IdleSection.
void wait_for_world();

// In a forked child: nobody else exists.
void forget_world();

}  // namespace kx::libos
