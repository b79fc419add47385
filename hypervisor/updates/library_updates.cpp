#include "hypervisor/updates/library_updates.hpp"

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <thread>

#include "hypervisor/ipc/waiter.hpp"
#include "hypervisor/process/component_list.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/text.hpp"

namespace kx::hv {

using libraries::Change;
using libraries::file_name;
using libraries::History;
using libraries::injected;
using libraries::is_past;
using libraries::LibraryVersion;
using libraries::Pairing;
using libraries::Retained;
using libraries::UpdateRequest;
using libraries::UpdateTarget;
using libraries::VersionRef;
using libraries::with_process;

namespace {

constexpr std::size_t kept_pairings = 8, kept_versions = 8;
constexpr std::chrono::milliseconds first_rest(1), longest_rest(20);

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

std::string microseconds(std::uint64_t ns) {
  return std::to_string(ns / 1000) + "." + std::to_string(ns / 100 % 10) + " us";
}

// UTC, as RFC 3339 has it.
std::string time_text(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[32] = "";
  ::gmtime_r(&time, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

Result<std::vector<std::shared_ptr<Pvm>>> LibraryUpdates::programs(ProcessId pid) {
  std::vector<std::shared_ptr<Pvm>> list;
  ProcessId stopped = 0;
  family_.processes().for_each([&](const ProcessTable::Process& process) {
    if (process.pvm != nullptr && (pid == 0 || process.pid == pid)) {
      list.push_back(process.pvm);
      stopped = process.state == ProcessTable::State::Stopped ? process.pid : stopped;
    }
  });
  if (list.empty()) {
    return Unexpected{system_error_from(ESRCH, "no running process ", pid, " in this family")};
  }
  if (stopped != 0) {
    return Unexpected{system_error_from(EBUSY, "process ", stopped, " is stopped")};
  }
  return list;
}

// A process has what its parent had when it was forked, unless it has loaded another program since.
History& LibraryUpdates::history_of(ProcessId pid) {
  std::uint64_t serial = 0;
  ProcessId parent = 0;
  bool executed = false;
  family_.processes().change(pid, [&](const ProcessTable::Process& process) {
    serial = process.serial;
    parent = process.parent;
    executed = process.executed;
  });
  History& history = histories_[pid];
  if (history.serial != serial) {
    history = {};
    history.serial = serial;
    const auto inherited = histories_.find(parent);
    if (!executed && inherited != histories_.end()) {
      history = inherited->second;
      history.serial = serial;
    }
  }
  return history;
}

void LibraryUpdates::forget_ended() {
  std::vector<ProcessId> alive;
  family_.processes().for_each([&](const ProcessTable::Process& process) {
    if (process.pvm != nullptr) {
      alive.push_back(process.pid);
    }
  });
  while (pairings_.size() > kept_pairings) {
    pairings_.pop_front();
  }
  while (versions_.size() > kept_versions) {
    versions_.pop_front();
  }
  std::erase_if(histories_,
                [&](const auto& entry) { return std::find(alive.begin(), alive.end(), entry.first) == alive.end(); });
}

const Pairing& LibraryUpdates::pairing(const VersionRef& from, const VersionRef& to) {
  for (const Paired& each : pairings_) {
    if (each.from == from && each.to == to) {
      return each.pairing;
    }
  }
  pairings_.push_back({from, to, libraries::pair_versions(from->file, to->file)});
  return pairings_.back().pairing;
}

Result<void> LibraryUpdates::check_allowed() const {
  if (!abi::has_component(family_.components(), abi::Component::Update)) {
    return Unexpected{make_error(ErrorKind::Unsupported, "this family may not use the component update")
                          .with_cure("kx run --components with update among them")};
  }
  return {};
}

Result<std::string> LibraryUpdates::update(UpdateRequest request) {
  KX_TRY(check_allowed());
  auto version = std::make_shared<LibraryVersion>();
  version->fd = std::move(request.fd);
  version->name = request.new_name;
  if (::fstat(version->fd.get(), &version->status) != 0) {
    return Unexpected{system_error("stat ", request.new_name)};
  }
  VersionRef known;
  for (const VersionRef& each : versions_) {
    known = same_file(each->status, version->status) ? each : known;
  }
  if (known == nullptr) {
    auto file = libraries::ElfFile::read(version->fd.get());
    if (!file) {
      return Unexpected{make_error(ErrorKind::Usage, request.new_name, ": ", file.error().what)};
    }
    version->file = std::move(file).value();
    known = std::move(version);
    versions_.push_back(known);
  }
  return request.fail_at == "read" ? Unexpected{injected(request.fail_at)} : run(request, known);
}

Result<std::string> LibraryUpdates::list(ProcessId pid) {
  KX_TRY_ASSIGN(const auto list, programs(pid));
  forget_ended();
  std::string text;
  std::map<std::string, unsigned> sharers;  // processes by build-id
  struct Row {
    ProcessId pid;
    libraries::LoadedImage image;
  };
  std::vector<Row> rows;
  for (const auto& pvm : list) {
    auto loaded = libraries::loaded_images(libraries::ProgramView(pvm));
    if (!loaded) {
      if (pid != 0) {
        return Unexpected{with_process(std::move(loaded).error(), pid)};
      }
      continue;
    }
    for (libraries::LoadedImage& image : loaded->images) {
      if (image.name.empty() || image.name.find('/') == std::string::npos) {
        continue;  // the program itself, the vDSO
      }
      ++sharers[image.build_id];
      rows.push_back({pvm->pid(), std::move(image)});
    }
  }
  text += "PID\tADDRESS\tSIZE\tUSERS\tBUILD-ID\tLIBRARY\n";
  for (const Row& row : rows) {
    const History& history = history_of(row.pid);
    const auto current = history.current.find(std::string(file_name(row.image.name)));
    const bool updated = current != history.current.end() && current->second->file.build_id() == row.image.build_id;
    text += std::to_string(row.pid) + "\t" + hexadecimal(row.image.start) + "\t" +
            std::to_string((row.image.end - row.image.start) >> 10) + "K\t" +
            std::to_string(sharers[row.image.build_id]) + "\t" +
            (row.image.build_id.empty() ? "-" : row.image.build_id) + "\t" + row.image.name +
            (updated ? " (now " + current->second->name + ")" : "") + "\n";
  }
  for (const auto& [who, history] : histories_) {
    for (const Retained& each : history.retained) {
      text += std::to_string(who) + "\t" + hexadecimal(each.start) + "\t" +
              std::to_string((each.version->file.end() - each.version->file.start()) >> 10) + "K\t0\t" +
              (each.version->file.build_id().empty() ? "-" : each.version->file.build_id()) + "\t" +
              each.version->name + " (replaced; pointers to it lead on)\n";
    }
    for (const Change& change : history.changes) {
      text += std::to_string(who) + "\tupdate of " + change.library + " at " + time_text(change.time) + ": " +
              change.from->name + " -> " + change.to->name + ", " + microseconds(change.pause_ns) + "\n";
    }
  }
  return text + component_list(family_, list);
}

Result<std::string> LibraryUpdates::roll_back(ProcessId pid, const std::string& name, std::uint64_t timeout_ns) {
  KX_TRY(check_allowed());
  KX_TRY_ASSIGN(const auto list, programs(pid));
  forget_ended();
  VersionRef before;
  for (const auto& pvm : list) {
    const History& history = history_of(pvm->pid());
    for (const Change& change : history.changes) {
      if (change.library == file_name(name) || file_name(change.from->name) == file_name(name)) {
        before = change.from;
      }
    }
  }
  if (before == nullptr) {
    return Unexpected{make_error(ErrorKind::Usage, name, " has not been updated")};
  }
  UpdateRequest request;
  request.pid = pid;
  request.old_name = name;
  request.new_name = before->name;
  request.timeout_ns = timeout_ns;
  return run(request, before);
}

// Everything is checked and made ready in all programs before the first is changed. EBUSY: not within the time.
// EAGAIN: processes have come or gone meanwhile.
Result<void> LibraryUpdates::hold_and_apply(std::vector<std::unique_ptr<UpdateTarget>>& targets, bool alone,
                                            const Attempt& attempt) {
  const std::string& fail_at = attempt.request.fail_at;
  auto rest = first_rest;
  bool first = true;
  for (std::int64_t result = -EAGAIN;; first = false) {
    bool planned = true;
    for (const auto& target : targets) {
      if (result == -EAGAIN) {
        const auto plan = target->plan_exchange(!first);
        if (!plan && plan.error().errno_value != EAGAIN) {
          return Unexpected{with_process(Error(plan.error()), target->pid())};
        }
        planned = planned && plan;
      } else if (!alone) {
        target->decide(abi::UpdateDecision::None);
      }
    }
    if (fail_at == "exchange") {
      return Unexpected{injected(fail_at)};
    }
    result = planned ? 0 : -EAGAIN;
    ProcessId who = targets.front()->pid();
    for (const auto& target : targets) {
      if (!planned) {
        break;
      }
      result = target->exchange(alone ? abi::UpdateMode::Stopped : abi::UpdateMode::Hold);
      target->held = result == 0 && !alone;
      who = target->pid();
      if (result != 0 || fail_at == "hold") {
        break;
      }
    }
    if (fail_at == "hold") {
      return Unexpected{injected(fail_at)};
    }
    if (result == 0 && fail_at == "apply") {
      return Unexpected{injected(fail_at)};
    }
    if (result == 0 && !alone && !is_whole(attempt)) {
      result = -ESRCH;  // one was forked before its parent was held
    }
    if (result == 0) {
      for (const auto& target : targets) {
        if (target->held) {
          target->decide(abi::UpdateDecision::Apply);
        }
      }
      return {};
    }
    for (const auto& target : targets) {
      target->release();
    }
    if (result == -ESRCH) {
      return Unexpected{with_process(system_error_from(EAGAIN, "processes come and go"), who)};
    }
    if (result != -EBUSY && result != -EAGAIN) {
      return Unexpected{with_process(system_error_from(static_cast<int>(-result), "exchange the versions"), who)};
    }
    if (is_past(attempt.deadline_ns)) {
      return Unexpected{
          with_process(system_error_from(ETIMEDOUT, result == -EBUSY ? "a thread was in the old version all the time"
                                                                     : "the program did not stop loading libraries"),
                       who)};
    }
    std::this_thread::sleep_for(rest);
    rest = std::min(rest * 2, longest_rest);
  }
}

Result<std::string> LibraryUpdates::run(const UpdateRequest& request, const VersionRef& version) {
  Attempt attempt{request, version, {}, ipc::deadline_after(0), ipc::deadline_after(request.timeout_ns)};
  for (;;) {
    auto done = try_once(attempt);
    if (done || done.error().errno_value != EAGAIN || is_past(attempt.deadline_ns)) {
      return done;
    }
    std::this_thread::sleep_for(first_rest);
  }
}

// No process is there that was not when the attempt began.
bool LibraryUpdates::is_whole(const Attempt& attempt) {
  const auto now = programs(attempt.request.pid);
  return now && std::all_of(now->begin(), now->end(), [&](const auto& pvm) {
           return std::find(attempt.list.begin(), attempt.list.end(), pvm) != attempt.list.end();
         });
}

Result<std::string> LibraryUpdates::try_once(Attempt& attempt) {
  const UpdateRequest& request = attempt.request;
  const VersionRef& version = attempt.version;
  KX_TRY_ASSIGN(attempt.list, programs(request.pid));
  forget_ended();
  std::vector<std::unique_ptr<UpdateTarget>> targets;
  std::string report;
  std::string obstacles;
  for (const auto& pvm : attempt.list) {
    auto target = std::make_unique<UpdateTarget>(pvm, history_of(pvm->pid()), attempt.deadline_ns);
    const auto found = target->find(request.old_name, request.old_build_id);
    if (!found && (found.error().errno_value != ESRCH || request.pid != 0)) {
      return Unexpected{Error(found.error())};
    }
    if (!found || !*found) {
      continue;  // it has ended, or has no such library
    }
    KX_TRY_ASSIGN(const VersionRef from, target->old_version(versions_));
    if (std::find(versions_.begin(), versions_.end(), from) == versions_.end()) {
      versions_.push_back(from);
    }
    if (from == version || (!from->file.build_id().empty() && from->file.build_id() == version->file.build_id())) {
      report += "process " + std::to_string(pvm->pid()) + ": has this version already\n";
      continue;
    }
    const Pairing& pairing = this->pairing(from, version);
    for (const std::string& obstacle : pairing.obstacles) {
      obstacles += "\n  " + obstacle;
    }
    if (!obstacles.empty()) {
      break;
    }
    if (request.dry_run) {
      KX_TRY(target->check(from, version, pairing));
      report += "process " + std::to_string(pvm->pid()) + ": " + std::to_string(pairing.functions.size()) +
                " functions and " + std::to_string(pairing.objects.size()) + " variables can be exchanged\n";
      for (const std::string& note : pairing.notes) {
        report += "  " + note + "\n";
      }
      continue;
    }
    if (auto prepared = target->prepare(from, version, pairing, request.fail_at); !prepared) {
      return Unexpected{with_process(std::move(prepared).error(), pvm->pid())};
    }
    targets.push_back(std::move(target));
  }
  if (!obstacles.empty()) {
    return Unexpected{make_error(ErrorKind::Unsupported, version->name, " cannot take the place of ", request.old_name,
                                 ":", obstacles)};
  }
  if (targets.empty() && report.empty()) {
    return Unexpected{system_error_from(ENOENT, "no process has ", request.old_name, " loaded")};
  }
  if (targets.empty()) {
    return report;
  }
  // Nobody but the one process that was asked for is concerned: it need not be held for others.
  const bool alone = request.pid != 0 && request.fail_at.empty();
  KX_TRY(hold_and_apply(targets, alone, attempt));
  for (const auto& target : targets) {
    const std::uint64_t pause_ns = target->settle(alone);
    report += "process " + std::to_string(target->pid()) + ": " + target->library() + " is " + version->name +
              " now; it stood still for " + microseconds(pause_ns) + "\n";
  }
  targets.clear();
  report += "done in " + microseconds(ipc::deadline_after(0) - attempt.begin_ns) + "\n";
  return report;
}

}  // namespace kx::hv
