#include "hypervisor/updates/library_updates.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "hypervisor/ipc/waiter.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/text.hpp"

namespace kx::hv {

using libraries::file_name;
using libraries::History;
using libraries::injected;
using libraries::is_past;
using libraries::Layouts;
using libraries::LibraryVersion;
using libraries::Pairing;
using libraries::UpdateRequest;
using libraries::UpdateTarget;
using libraries::VersionRef;
using libraries::with_process;

namespace {

constexpr std::size_t kept_pairings = 8, kept_versions = 8, kept_layouts = 2;
constexpr std::chrono::milliseconds first_rest(1), longest_rest(20);
// Programs stand still while their kx_lib_update runs: it has the rest of the update's time, within these bounds.
constexpr std::uint64_t least_hook_ns = 100'000'000, most_hook_ns = 5'000'000'000;

// For a dry run: what kx_lib_update of the new version would be told.
std::string describe_hook(const Pairing& pairing) {
  if (pairing.hook == 0) {
    return {};
  }
  std::string text =
      "  kx_lib_update would be called, and told of " + std::to_string(pairing.changed.size()) + " variables\n";
  for (const libraries::ChangedVariable& each : pairing.changed) {
    text += "    " + printable(each.name) + ": " + std::to_string(each.from_size) + " bytes before, " +
            (each.to_size != 0 ? std::to_string(each.to_size) + " now\n" : "not in the new version\n");
  }
  return text;
}

// What was compared, and what is the hook's to convert.
std::string describe_layouts(const Pairing& pairing) {
  std::string text;
  for (const std::string& line : pairing.layouts) {
    text += "  " + printable(line) + "\n";
  }
  return text;
}

// A line each, the first ones if there are many.
std::string list_obstacles(const Pairing& pairing) {
  constexpr std::size_t most_listed = 20;
  std::string lines;
  for (std::size_t i = 0; i < std::min(pairing.obstacles.size(), most_listed); ++i) {
    lines += "\n  " + printable(pairing.obstacles[i]);
  }
  if (pairing.obstacles.size() > most_listed) {
    lines += "\n  and " + std::to_string(pairing.obstacles.size() - most_listed) + " more";
  }
  return lines;
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

LibraryUpdates::LayoutsRef LibraryUpdates::layouts_of(const VersionRef& version, const UpdateRequest& request) {
  for (const auto& [of, layouts] : layouts_) {
    if (of == version) {
      return layouts;
    }
  }
  auto layouts = std::make_shared<Layouts>(request.read_layouts ? request.read_layouts(*version) : Layouts());
  // What could not be had now may be there next time.
  if (layouts->state == Layouts::State::Read) {
    if (layouts_.size() == kept_layouts) {
      layouts_.pop_front();
    }
    layouts_.emplace_back(version, layouts);
  }
  return layouts;
}

const Pairing& LibraryUpdates::pairing(const VersionRef& from, Attempt& attempt) {
  const VersionRef& to = attempt.version;
  const auto known =
      std::ranges::find_if(pairings_, [&](const Paired& each) { return each.from == from && each.to == to; });
  if (known != pairings_.end() && (known->compared || attempt.has_read || !attempt.request.has_debug_information)) {
    return known->pairing;
  }
  static const auto none = std::make_shared<const Layouts>();
  LayoutsRef before = none, now = none;
  // The new version first: without it the old one's is of no use.
  if (attempt.request.has_debug_information) {
    const std::uint64_t begin_ns = ipc::deadline_after(0);
    now = layouts_of(to, attempt.request);
    before = now->state == Layouts::State::Read ? layouts_of(from, attempt.request) : none;
    // The time that was given is for the programs.
    attempt.deadline_ns += ipc::deadline_after(0) - begin_ns;
    attempt.has_read = true;
  }
  const bool failed = before->state == Layouts::State::Failed || now->state == Layouts::State::Failed;
  const bool compared = before->state == Layouts::State::Read && now->state == Layouts::State::Read;
  if (known != pairings_.end()) {
    if (!compared && !failed && !known->failed) {
      return known->pairing;
    }
    pairings_.erase(known);
  }
  pairings_.push_back({from, to, libraries::pair_versions(from->file, to->file, *before, *now), compared, failed});
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
  subject_ = {};
  auto version = std::make_shared<LibraryVersion>();
  version->fd = std::move(request.fd);
  version->name = request.new_name;
  if (::fstat(version->fd.get(), &version->status) != 0) {
    return Unexpected{system_error("stat ", request.new_name)};
  }
  if (!S_ISREG(version->status.st_mode)) {
    return Unexpected{make_error(ErrorKind::Usage, request.new_name, " is not a regular file")};
  }
  if (libraries::Guard* const guard = family_.libraries(); guard != nullptr) {
    KX_TRY_ASSIGN(version->offer, guard->offer_file(version->fd.get(), request.signature));
  }
  VersionRef known;
  for (const VersionRef& each : versions_) {
    const bool is_same = version->offer.content != nullptr ? each->offer.content == version->offer.content
                                                           : each->is_content_of(version->status);
    known = is_same ? each : known;
  }
  if (known == nullptr) {
    if (auto read = version->read(); !read) {
      return Unexpected{make_error(ErrorKind::Usage, request.new_name, ": ", read.error().message())};
    }
    known = std::move(version);
    versions_.push_back(known);
  } else if (version->offer.content != nullptr) {
    known->offer = std::move(version->offer);  // its signature may be another one now
  }
  subject_.new_build_id = known->file.build_id();
  return request.fail_at == "read" ? Unexpected{injected(request.fail_at)} : run(request, known);
}

Result<std::string> LibraryUpdates::roll_back(UpdateRequest request) {
  const std::string& name = request.old_name;
  KX_TRY(check_allowed());
  subject_ = {};
  KX_TRY_ASSIGN(const auto list, programs(request.pid));
  forget_ended();
  VersionRef before;
  for (const auto& pvm : list) {
    const History& history = history_of(pvm->pid());
    for (const libraries::Change& change : history.changes) {
      if (change.library == file_name(name) || file_name(change.from->name) == file_name(name)) {
        before = change.from;
      }
    }
  }
  if (before == nullptr) {
    return Unexpected{make_error(ErrorKind::Usage, name, " has not been updated")};
  }
  subject_.new_build_id = before->file.build_id();
  request.new_name = before->name;
  request.has_debug_information = true;  // only who reads it knows
  return run(request, before);
}

// With nothing changed yet: who fails has all of them left as they were.
Result<void> LibraryUpdates::call_hooks(std::vector<std::unique_ptr<UpdateTarget>>& targets, const Attempt& attempt) {
  const std::uint64_t deadline_ns =
      std::clamp(attempt.deadline_ns, ipc::deadline_after(least_hook_ns), ipc::deadline_after(most_hook_ns));
  for (const auto& target : targets) {
    target->start_hook();
  }
  for (const auto& target : targets) {
    if (auto done = target->finish_hook(deadline_ns); !done) {
      return Unexpected{with_process(std::move(done).error(), target->pid())};
    }
  }
  return {};
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
    if (result == 0 && !alone && !is_whole(attempt)) {
      result = -ESRCH;  // one was forked before its parent was held
    }
    if (result == 0) {
      KX_TRY(call_hooks(targets, attempt));
      if (fail_at == "hook" || fail_at == "apply") {
        return Unexpected{injected(fail_at)};
      }
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
    if (std::exchange(attempt.begins_again, false)) {
      continue;
    }
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
  for (const auto& pvm : attempt.list) {
    auto target = std::make_unique<UpdateTarget>(pvm, history_of(pvm->pid()), attempt.deadline_ns);
    const auto found = target->find(request.old_name, request.old_build_id);
    if (!found && (found.error().errno_value != ESRCH || request.pid != 0)) {
      return Unexpected{Error(found.error())};
    }
    if (!found || !*found) {
      continue;  // it has ended, or has no such library
    }
    subject_.processes.insert(pvm->pid());
    KX_TRY_ASSIGN(const VersionRef from, target->old_version(versions_));
    subject_.old_build_ids.insert(from->file.build_id());
    if (std::find(versions_.begin(), versions_.end(), from) == versions_.end()) {
      versions_.push_back(from);
    }
    if (from == version || (!from->file.build_id().empty() && from->file.build_id() == version->file.build_id())) {
      report += "process " + std::to_string(pvm->pid()) + ": has this version already\n";
      continue;
    }
    KX_TRY(target->judge(version));
    const bool had_read = attempt.has_read;
    const Pairing& pairing = this->pairing(from, attempt);
    if (!pairing.obstacles.empty()) {
      return Unexpected{make_error(ErrorKind::Unsupported, version->name, " cannot take the place of ",
                                   request.old_name, ":", list_obstacles(pairing))};
    }
    if (attempt.has_read && !had_read) {
      attempt.begins_again = true;
      return report;
    }
    if (request.dry_run) {
      KX_TRY(target->check(from, version, pairing));
      report += "process " + std::to_string(pvm->pid()) + ": " + std::to_string(pairing.functions.size()) +
                " functions and " + std::to_string(pairing.objects.size()) + " variables can be exchanged\n";
      report += describe_hook(pairing);
      for (const std::string& note : pairing.notes) {
        report += "  " + printable(note) + "\n";
      }
      report += describe_layouts(pairing);
      continue;
    }
    if (auto prepared = target->prepare(from, version, pairing, request.fail_at); !prepared) {
      return Unexpected{with_process(std::move(prepared).error(), pvm->pid())};
    }
    targets.push_back(std::move(target));
  }
  if (targets.empty() && report.empty()) {
    return Unexpected{system_error_from(ENOENT, "no process has ", request.old_name, " loaded")};
  }
  if (targets.empty()) {
    return report;
  }
  // Nobody but the one process that was asked for is concerned: it need not be held for others.
  const bool alone =
      request.pid != 0 && request.fail_at.empty() &&
      std::none_of(targets.begin(), targets.end(), [](const auto& target) { return target->has_hook(); });
  KX_TRY(hold_and_apply(targets, alone, attempt));
  for (const auto& target : targets) {
    const std::uint64_t pause_ns = target->settle(alone);
    if (target->has_hook()) {
      subject_.hooks.insert(target->changed_count());
      report += "process " + std::to_string(target->pid()) + ": kx_lib_update was told of " +
                std::to_string(target->changed_count()) + " variables\n";
    }
    report += "process " + std::to_string(target->pid()) + ": " + target->library() + " is " + version->name +
              " now; it stood still for " + microseconds(pause_ns) + "\n" + describe_layouts(target->pairing());
  }
  targets.clear();
  report += "done in " + microseconds(ipc::deadline_after(0) - attempt.begin_ns) + "\n";
  return report;
}

}  // namespace kx::hv
