#include "host/stats.hpp"

namespace kx::libos {

namespace {

// By whom the running system call was served so far. One value for all threads: with several of them the split between
// service thread and exits is approximate, the sum is not.
enum class Served : u8 { Inside, Service, Exit };
Served served;

}  // namespace

void count_host_call(bool by_service) {
  if (!by_service) {
    served = Served::Exit;
  } else if (served == Served::Inside) {
    served = Served::Service;
  }
}

void begin_system_call() {
  served = Served::Inside;
}

void end_system_call(u64 number) {
  if (number >= 512) {
    return;
  }
  switch (served) {
    case Served::Inside:
      ++stats().served_inside[number];
      break;
    case Served::Service:
      ++stats().served_by_service[number];
      break;
    case Served::Exit:
      ++stats().served_by_exit[number];
      break;
  }
}

void count_unsupported(u64 number) {
  if (number < 512) {
    ++stats().unsupported[number];
  } else {
    ++stats().unsupported_other;
  }
}

}  // namespace kx::libos
