#include "hypervisor/control/library_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <string>
#include <utility>

#include "hypervisor/control/answers.hpp"
#include "hypervisor/ipc/waiter.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/start_thread.hpp"
#include "hypervisor/text.hpp"

namespace kx::hv {

namespace {

// Somewhat longer than the client waits for the process that reads.
constexpr std::uint64_t layouts_patience_ns = 90'000'000'000;

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

// By the client, which may start a process for it; this one may not.
libraries::Layouts read_layouts(int client, const libraries::LibraryVersion& version) {
  using libraries::Layouts;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Layouts::failed(system_error("make a pipe for it").message());
  }
  const UniqueFd reading(ends[0]);
  {
    const UniqueFd writing(ends[1]);
    const int descriptors[] = {version.offer.content->fd(), writing.get()};
    if (!control::send(client, control::Answer::ReadLayouts, version.name, descriptors)) {
      return Layouts::failed("nobody reads it");
    }
  }
  const std::uint64_t deadline_ns = ipc::deadline_after(layouts_patience_ns);
  std::string text;
  char piece[64 << 10];
  for (;;) {
    const std::uint64_t now_ns = ipc::deadline_after(0);
    pollfd readable{reading.get(), POLLIN, 0};
    if (now_ns >= deadline_ns || text.size() > Layouts::most_text) {
      return Layouts::failed(now_ns >= deadline_ns ? "it was not read in time" : "it tells of too many types");
    }
    if (::poll(&readable, 1, static_cast<int>((deadline_ns - now_ns) / 1'000'000) + 1) <= 0) {
      continue;
    }
    const ssize_t got = ::read(reading.get(), piece, sizeof piece);
    if (got == 0) {
      return Layouts::parse(text);
    }
    text.append(piece, got > 0 ? static_cast<std::size_t>(got) : 0);
  }
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
  job.request.read_layouts = [client = job.client.get()](const libraries::LibraryVersion& version) {
    return read_layouts(client, version);
  };
  const auto answer = [&]() -> Result<std::string> {
    switch (job.verb) {
      case control::Verb::ListLibraries:
        return updates_.list(job.request.pid);
      case control::Verb::UpdateLibrary:
        return updates_.update(std::move(job.request));
      default:
        return updates_.roll_back(std::move(job.request));
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
