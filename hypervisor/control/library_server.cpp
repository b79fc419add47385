#include "hypervisor/control/library_server.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <string>
#include <utility>

#include "hypervisor/control/answers.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/start_thread.hpp"
#include "hypervisor/text.hpp"

namespace kx::hv {

namespace {

std::string one_line(std::string text) {
  return printable(std::move(text), ' ');
}

// Of what changes something.
std::string description(const LibraryJob& job) {
  const libraries::UpdateRequest& request = job.request;
  const std::string whose = request.pid == 0 ? "the family" : "process " + std::to_string(request.pid);
  if (job.verb == control::Verb::UpdateLibrary && !request.dry_run) {
    return one_line("update of " + request.old_name + " in " + whose + " by " + request.new_name);
  }
  return job.verb == control::Verb::RollBackLibrary ? one_line("rollback of " + request.old_name + " in " + whose)
                                                    : std::string();
}

std::string hook_note(const libraries::UpdateSubject& subject) {
  std::string counts;
  for (const std::size_t count : subject.hooks) {
    counts += (counts.empty() ? "" : " and ") + std::to_string(count);
  }
  return counts.empty() ? "" : "; kx_lib_update was told of " + counts + " variables";
}

}  // namespace

LibraryServer::~LibraryServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool LibraryServer::add(LibraryJob job) {
  {
    const std::lock_guard lock(mutex_);
    if (!thread_.joinable()) {
      auto thread = start_thread([this] {
        ::pthread_setname_np(::pthread_self(), "kx-libraries");
        run();
      });
      if (!thread) {
        return false;
      }
      thread_ = std::move(thread).value();
    }
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
  return true;
}

void LibraryServer::run() {
  for (std::unique_lock lock(mutex_);;) {
    changed_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
    if (stopping_) {
      return;
    }
    LibraryJob job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    serve(job);
    lock.lock();
  }
}

// In the family's audit log, if it has one.
void LibraryServer::note(const LibraryJob& job, const std::string& library, const std::string& file,
                         const std::string& result) {
  if (family_.audit_fd() < 0) {
    return;
  }
  libraries::UpdateSubject subject = updates_.subject();
  if (job.request.pid != 0) {
    subject.processes.insert(job.request.pid);
  }
  const auto written =
      libraries::append(family_.audit_fd(), {::time(nullptr), job.user, ::getpid(),
                                             job.verb == control::Verb::UpdateLibrary ? "update" : "rollback", library,
                                             file, std::move(subject), result});
  if (!written) {
    std::fprintf(stderr, "kx: %s\n", written.error().message().c_str());
  }
}

void LibraryServer::serve(LibraryJob& job) {
  const std::string what = description(job);
  const std::string library = job.request.old_name, file = job.request.new_name;
  const auto answer = [&]() -> Result<std::string> {
    switch (job.verb) {
      case control::Verb::ListLibraries:
        return updates_.list(job.request.pid);
      case control::Verb::UpdateLibrary:
        return updates_.update(std::move(job.request));
      default:
        return updates_.roll_back(job.request.pid, job.request.old_name, job.request.timeout_ns);
    }
  }();
  if (!what.empty()) {
    // For whoever keeps what kx says: that it was done, or why not.
    const std::string result = answer ? "done" + hook_note(updates_.subject()) : one_line(answer.error().message());
    std::fprintf(stderr, "kx: %s: %s\n", what.c_str(), result.c_str());
    note(job, library, file, result);
  }
  if (answer) {
    control::send_text(job.client.get(), *answer);
  } else {
    control::refuse(job.client.get(), answer.error());
  }
}

}  // namespace kx::hv
