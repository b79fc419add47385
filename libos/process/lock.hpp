// Mutual exclusion between the vCPUs of a pVM.
//
// Lock order: FdTable, then a futex bucket, then AddressSpace, then Signals, then Memory, then heap. None is held
// across a host call that can block, nor, but for a futex bucket's, while the program's memory is accessed.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// Spins briefly, then sleeps in the hypervisor.
class Mutex {
 public:
  void lock();
  void unlock();

 private:
  u32 state_ = 0;  // 0 free, 1 held, 2 held and somebody sleeps
};

class Lock {
 public:
  explicit Lock(Mutex& mutex) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace kx::libos
