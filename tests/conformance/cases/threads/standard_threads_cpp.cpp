// Futures, promises, thread-local objects, shared mutexes and exceptions between threads of the C++ library:
// pthreads(7). marks: threads
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "case.h"

namespace {

struct Counted {
  static std::atomic<int> alive, made;
  Counted() { ++alive, ++made; }
  ~Counted() { --alive; }
  int value = 3;
};
std::atomic<int> Counted::alive, Counted::made;
thread_local Counted counted;

int throws() {
  throw std::runtime_error("thrown in a thread");
}

}  // namespace

CASE {
  std::vector<std::thread> threads;
  std::shared_mutex mutex;
  long sum = 0;
  for (int i = 0; i < 8; i++) {
    threads.emplace_back([&, i] {
      counted.value += i;
      const std::unique_lock lock(mutex);
      sum += counted.value;
    });
  }
  for (auto& thread : threads) thread.join();
  say("sum %ld made %d alive %d\n", sum, Counted::made.load(), Counted::alive.load());

  auto failing = std::async(std::launch::async, throws);
  try {
    failing.get();
  } catch (const std::runtime_error& error) {
    say("%s\n", error.what());
  }
  std::promise<int> promise;
  auto future = promise.get_future();
  std::thread giver([&] { promise.set_value(41); });
  say("%d\n", future.get() + 1);
  giver.join();
  {
    std::promise<int> broken;
    future = broken.get_future();
  }
  try {
    future.get();
  } catch (const std::future_error& error) {
    say("broken %d\n", error.code() == std::future_errc::broken_promise);
  }
  std::mutex plain;
  std::condition_variable condition;
  std::unique_lock lock(plain);
  say("%d\n", condition.wait_for(lock, std::chrono::milliseconds(5), [] { return false; }));
  std::timed_mutex timed;
  timed.lock();
  std::thread([&] { say("%d\n", timed.try_lock_for(std::chrono::milliseconds(5))); }).join();
  timed.unlock();
  std::once_flag once;
  int tries = 0;
  for (int i = 0; i < 2; i++) {
    try {
      std::call_once(once, [&] {
        if (tries++ == 0) throw 1;
      });
    } catch (int) {
      say("once more\n");
    }
  }
  say("tries %d\n", tries);
}
