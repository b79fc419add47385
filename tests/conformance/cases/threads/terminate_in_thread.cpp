// An exception that leaves a thread ends the process by SIGABRT: abort(3).
// marks: threads
#include <exception>
#include <thread>

#include "case.h"

CASE {
  std::set_terminate([] {
    say("terminate\n");
    abort();
  });
  std::thread([] { throw 1; }).join();
  say("NOT REACHED\n");
}
