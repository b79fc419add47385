#include "process/thread.hpp"

namespace kx::libos {

namespace {
ThreadList list;
}

ThreadList& ThreadList::instance() {
  return list;
}

void ThreadList::add(Thread& thread) {
  const Lock lock(mutex_);
  thread.next = first_;
  first_ = &thread;
  ++count_;
}

void ThreadList::keep_only(Thread& thread) {
  const Lock lock(mutex_);
  first_ = &thread;
  thread.next = nullptr;
  count_ = 1;
}

u32 ThreadList::remove(Thread& thread) {
  const Lock lock(mutex_);
  for (Thread** link = &first_; *link != nullptr; link = &(*link)->next) {
    if (*link == &thread) {
      *link = thread.next;
      return --count_;
    }
  }
  return count_;
}

Thread* ThreadList::find(u32 tid) {
  const Lock lock(mutex_);
  for (Thread* thread = first_; thread != nullptr; thread = thread->next) {
    if (thread->tid == tid) {
      return thread;
    }
  }
  return nullptr;
}

}  // namespace kx::libos
