#include "hypervisor/libraries/library_updates.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <ctime>
#include <thread>

#include "hypervisor/ipc/waiter.hpp"
#include "hypervisor/libraries/update_plan.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"

namespace kx::hv {

using libraries::LibraryVersion;
using libraries::Pairing;
using libraries::Replacement;
using libraries::Retained;
using libraries::UpdateProgram;
using libraries::UpdateRequest;
using libraries::VersionRef;

namespace {

constexpr std::size_t kept_pairings = 8, kept_versions = 8;
constexpr std::chrono::milliseconds first_rest(1), longest_rest(20);

bool is_past(std::uint64_t deadline_ns) {
  return ipc::deadline_after(0) >= deadline_ns;
}

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

Error injected(std::string_view step) {
  return make_error(ErrorKind::System, "the update was to fail at '", step, "'");
}

Error with_process(Error error, ProcessId pid) {
  error.what = "process " + std::to_string(pid) + ": " + error.what;
  return error;
}

std::string microseconds(std::uint64_t ns) {
  return std::to_string(ns / 1000) + "." + std::to_string(ns / 100 % 10) + " us";
}

std::string hexadecimal(std::uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
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

// One program whose library is replaced.
class LibraryUpdates::Target {
 public:
  Target(std::shared_ptr<Pvm> pvm, History& history, std::uint64_t deadline_ns)
      : pid_(pvm->pid()), program_(std::move(pvm)), history_(history), deadline_ns_(deadline_ns) {}
  ~Target() { clear(); }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  // False: the program has no such library. Errors: it does not answer; several libraries have the name.
  Result<bool> find(const std::string& name, const std::string& build_id);
  Result<VersionRef> old_version(const std::deque<VersionRef>& known);
  // Plans without changing anything.
  Result<void> check(const VersionRef& from, const VersionRef& to, const Pairing& pairing);
  // Maps the new version and makes it ready.
  Result<void> prepare(const VersionRef& from, const VersionRef& to, const Pairing& pairing,
                       const std::string& fail_at);
  // Puts what is to be exchanged into the program's memory. EAGAIN: it is loading a library.
  Result<void> plan_exchange();
  // One attempt: 0 or -errno of QuestionKind::Update.
  std::int64_t exchange(abi::UpdateMode mode) const {
    return program_.ask(abi::QuestionKind::Update, static_cast<std::uint32_t>(mode), 0, 0);
  }
  void decide(abi::UpdateDecision decision);
  // After the exchange: what is kept is noted, and the pause told.
  std::uint64_t settle();
  void clear();

  [[nodiscard]] ProcessId pid() const { return pid_; }
  [[nodiscard]] const std::string& library() const { return library_; }
  [[nodiscard]] const Pvm& pvm() const { return program_.pvm(); }
  bool held = false;

 private:
  void choose(const VersionRef& from, const VersionRef& to, const Pairing& pairing);
  [[nodiscard]] const Retained* find_retained() const;
  Result<void> put(UpdateProgram& update);
  [[nodiscard]] Replacement replacement() const {
    return {program_, loaded_, *image_, from_->file, to_->file, *pairing_, new_bias_};
  }

  ProcessId pid_;
  libraries::ProgramView program_;
  History& history_;
  std::uint64_t deadline_ns_;
  libraries::LoadedImages loaded_;
  const libraries::LoadedImage* image_ = nullptr;
  std::string library_, name_, build_id_;
  VersionRef from_, to_;
  const Pairing* pairing_ = nullptr;
  std::vector<libraries::Pair> redirected_;  // functions of the new version that led on so far
  std::uint64_t new_bias_ = 0;
  std::uint64_t block_gpa_ = 0, block_size_ = 0;
  bool mapped_here_ = false;  // and to be taken back unless the exchange succeeds
};

Result<bool> LibraryUpdates::Target::find(const std::string& name, const std::string& build_id) {
  name_ = name;
  build_id_ = build_id;
  for (;;) {
    auto loaded = libraries::loaded_images(program_);
    if (loaded) {
      loaded_ = std::move(loaded).value();
      break;
    }
    if (loaded.error().errno_value != EAGAIN || is_past(deadline_ns_)) {
      return Unexpected{with_process(std::move(loaded).error(), pid_)};
    }
    std::this_thread::sleep_for(first_rest);
  }
  image_ = nullptr;
  for (std::size_t i = 1; i < loaded_.images.size(); ++i) {
    const libraries::LoadedImage& image = loaded_.images[i];
    const auto current = history_.current.find(std::string(file_name(image.name)));
    const bool fits = image.name == name || file_name(image.name) == file_name(name) ||
                      (!image.build_id.empty() && (image.build_id == name || image.build_id == build_id)) ||
                      (current != history_.current.end() && file_name(current->second->name) == file_name(name));
    if (!fits) {
      continue;
    }
    if (image_ != nullptr) {
      return Unexpected{with_process(make_error(ErrorKind::Unsupported, "has ", name, " loaded more than once"), pid_)};
    }
    image_ = &image;
  }
  if (image_ != nullptr && image_->start == loaded_.linker_start) {
    return Unexpected{
        with_process(make_error(ErrorKind::Unsupported, "the dynamic linker itself cannot be replaced"), pid_)};
  }
  return image_ != nullptr;
}

Result<VersionRef> LibraryUpdates::Target::old_version(const std::deque<VersionRef>& known) {
  const auto usable = [&](const VersionRef& version) {
    return !image_->build_id.empty() && version->file.build_id() == image_->build_id;
  };
  if (const auto current = history_.current.find(std::string(file_name(image_->name)));
      current != history_.current.end() && usable(current->second)) {
    return VersionRef(current->second);
  }
  for (const VersionRef& version : known) {
    if (usable(version)) {
      return VersionRef(version);
    }
  }
  KX_TRY_ASSIGN(auto mapped, program_.mapped_file(image_->start));
  auto version = std::make_shared<LibraryVersion>();
  version->fd = std::move(mapped.fd);
  version->name = image_->name;
  if (::fstat(version->fd.get(), &version->status) != 0) {
    return Unexpected{system_error("stat ", image_->name)};
  }
  KX_TRY_ASSIGN(version->file, libraries::ElfFile::read(version->fd.get()));
  if (version->file.build_id() != image_->build_id) {
    return Unexpected{make_error(ErrorKind::Unsupported, image_->name, ": its file is no longer what was loaded")};
  }
  return VersionRef(std::move(version));
}

void LibraryUpdates::Target::choose(const VersionRef& from, const VersionRef& to, const Pairing& pairing) {
  from_ = from;
  to_ = to;
  pairing_ = &pairing;
  library_ = std::string(from->file.dynamic().soname());
  library_ = library_.empty() ? std::string(file_name(image_->name)) : library_;
}

// The mapping of the new version that an earlier update left; null: there is none any more.
const Retained* LibraryUpdates::Target::find_retained() const {
  for (const Retained& each : history_.retained) {
    if (each.version != to_) {
      continue;
    }
    const auto image = libraries::image_at(program_, each.start - to_->file.start());
    if (image && image->build_id == to_->file.build_id() && !image->build_id.empty()) {
      return &each;
    }
  }
  return nullptr;
}

Result<void> LibraryUpdates::Target::check(const VersionRef& from, const VersionRef& to, const Pairing& pairing) {
  choose(from, to, pairing);
  // Where it would lie makes no difference to whether it can.
  new_bias_ = image_->end;
  if (auto planned = libraries::plan_preparation(replacement()); !planned) {
    return Unexpected{with_process(std::move(planned).error(), pid_)};
  }
  if (auto planned = libraries::plan_exchange(replacement(), {}); !planned) {
    return Unexpected{with_process(std::move(planned).error(), pid_)};
  }
  return {};
}

Result<void> LibraryUpdates::Target::put(UpdateProgram& update) {
  KX_TRY_ASSIGN(const std::vector<std::byte> block, update.encode());
  if (block_size_ < block.size()) {
    const std::int64_t gpa = program_.ask(abi::QuestionKind::UpdateMemory, 0, 0, block.size());
    if (gpa <= 0) {
      return Unexpected{system_error_from(gpa < 0 ? static_cast<int>(-gpa) : EIO, "memory for the update")};
    }
    block_gpa_ = static_cast<std::uint64_t>(gpa);
    block_size_ = block.size();
  }
  std::byte* const to = program_.pvm().memory().translate_ram(Gpa{block_gpa_}, block.size());
  if (to == nullptr) {
    return Unexpected{system_error_from(EFAULT, "memory for the update")};
  }
  // SAFETY: checked memory of the guest, which spoils only its own update if it writes there.
  std::memcpy(to, block.data(), block.size());
  return {};
}

Result<void> LibraryUpdates::Target::prepare(const VersionRef& from, const VersionRef& to, const Pairing& pairing,
                                             const std::string& fail_at) {
  choose(from, to, pairing);
  if (const Retained* const kept = find_retained(); kept != nullptr) {
    new_bias_ = kept->start - to->file.start();
    redirected_ = kept->redirected;
  } else {
    const std::int32_t handle = program_.pvm().handles().add(UniqueFd(::fcntl(to->fd.get(), F_DUPFD_CLOEXEC, 0)));
    const std::int64_t start =
        handle < 0 ? -EMFILE
                   : program_.ask(abi::QuestionKind::MapImage, static_cast<std::uint32_t>(handle), image_->start, 0);
    if (start <= 0) {
      return Unexpected{system_error_from(start < 0 ? static_cast<int>(-start) : EIO, "map ", to->name)};
    }
    new_bias_ = static_cast<std::uint64_t>(start) - to->file.start();
    mapped_here_ = true;
  }
  if (fail_at == "map") {
    return Unexpected{injected(fail_at)};
  }
  KX_TRY_ASSIGN(UpdateProgram preparation, libraries::plan_preparation(replacement()));
  KX_TRY(put(preparation));
  if (const std::int64_t result = exchange(abi::UpdateMode::Running); result != 0) {
    return Unexpected{system_error_from(static_cast<int>(-result), "make the new version ready")};
  }
  return fail_at == "prepare" ? Unexpected{injected(fail_at)} : Result<void>();
}

Result<void> LibraryUpdates::Target::plan_exchange() {
  KX_TRY_ASSIGN(const bool found, find(std::string(name_), std::string(build_id_)));
  if (!found) {
    return Unexpected{system_error_from(ENOENT, "the program has unloaded the library")};
  }
  KX_TRY_ASSIGN(UpdateProgram update, libraries::plan_exchange(replacement(), redirected_));
  return put(update);
}

void LibraryUpdates::Target::decide(abi::UpdateDecision decision) {
  std::byte* const block = program_.pvm().memory().translate_ram(Gpa{block_gpa_}, sizeof(abi::UpdateHeader));
  held = false;
  if (block == nullptr) {
    return;
  }
  // SAFETY: an aligned word of the guest's memory.
  auto* const word = reinterpret_cast<std::uint32_t*>(block + offsetof(abi::UpdateHeader, decision));
  std::atomic_ref(*word).store(static_cast<std::uint32_t>(decision), std::memory_order_release);
  ::syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT_MAX, nullptr, nullptr, 0);
}

std::uint64_t LibraryUpdates::Target::settle() {
  std::erase_if(history_.retained, [&](const Retained& each) { return each.version == to_; });
  history_.retained.push_back({from_, image_->start, pairing_->functions});
  mapped_here_ = false;
  // It is written by the time that a further question is answered.
  program_.ask(abi::QuestionKind::Program, 0, 0, sizeof(abi::ProgramView));
  std::uint64_t pause_ns = 0;
  const std::byte* const block = program_.pvm().memory().translate_to_read(Gpa{block_gpa_}, sizeof(abi::UpdateHeader));
  if (block != nullptr) {
    std::memcpy(&pause_ns, block + offsetof(abi::UpdateHeader, pause_ns), sizeof pause_ns);
  }
  history_.changes.push_back({library_, from_, to_, ::time(nullptr), pause_ns});
  history_.current[std::string(file_name(image_->name))] = to_;
  return pause_ns;
}

void LibraryUpdates::Target::clear() {
  if (held) {
    decide(abi::UpdateDecision::Leave);
  }
  if (mapped_here_) {
    program_.ask(abi::QuestionKind::UnmapImage, 0, new_bias_ + to_->file.start(), to_->file.end() - to_->file.start());
    mapped_here_ = false;
  }
  if (block_size_ != 0) {
    program_.ask(abi::QuestionKind::UpdateMemory, 0, 0, 0);
    block_size_ = 0;
  }
}

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
LibraryUpdates::History& LibraryUpdates::history_of(ProcessId pid) {
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
  std::erase_if(histories_,
                [&](const auto& entry) { return std::find(alive.begin(), alive.end(), entry.first) == alive.end(); });
}

const Pairing& LibraryUpdates::pairing(const VersionRef& from, const VersionRef& to) {
  for (const Paired& each : pairings_) {
    if (each.from == from && each.to == to) {
      return each.pairing;
    }
  }
  if (pairings_.size() == kept_pairings) {
    pairings_.pop_front();
  }
  pairings_.push_back({from, to, libraries::pair_versions(from->file, to->file)});
  return pairings_.back().pairing;
}

Result<std::string> LibraryUpdates::update(UpdateRequest request) {
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
    if (versions_.size() > kept_versions) {
      versions_.pop_front();
    }
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
  return text;
}

Result<std::string> LibraryUpdates::roll_back(ProcessId pid, const std::string& name, std::uint64_t timeout_ns) {
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
Result<void> LibraryUpdates::hold_and_apply(std::vector<std::unique_ptr<Target>>& targets, std::uint64_t deadline_ns,
                                            const std::string& fail_at) {
  auto rest = first_rest;
  const bool alone = targets.size() == 1 && fail_at.empty();
  for (std::int64_t result = -EAGAIN;;) {
    for (const auto& target : targets) {
      if (result == -EAGAIN) {
        if (auto planned = target->plan_exchange(); !planned && planned.error().errno_value != EAGAIN) {
          return Unexpected{with_process(std::move(planned).error(), target->pid())};
        }
      } else if (!alone) {
        target->decide(abi::UpdateDecision::None);
      }
    }
    if (fail_at == "exchange") {
      return Unexpected{injected(fail_at)};
    }
    result = 0;
    ProcessId who = 0;
    for (const auto& target : targets) {
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
    if (result == 0) {
      if (fail_at == "apply") {
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
      if (target->held) {
        target->decide(abi::UpdateDecision::Leave);
      }
    }
    if (result != -EBUSY && result != -EAGAIN) {
      return Unexpected{with_process(system_error_from(static_cast<int>(-result), "exchange the versions"), who)};
    }
    if (is_past(deadline_ns)) {
      return Unexpected{
          with_process(system_error_from(ETIMEDOUT, result == -EBUSY ? "a thread was in the old version all the time"
                                                                     : "the program did not stop loading libraries"),
                       who)};
    }
    std::this_thread::sleep_for(rest);
    rest = std::min(rest * 2, longest_rest);
  }
}

Result<std::string> LibraryUpdates::run(const UpdateRequest& request, VersionRef version) {
  const std::uint64_t begin_ns = ipc::deadline_after(0);
  const std::uint64_t deadline_ns = ipc::deadline_after(request.timeout_ns);
  KX_TRY_ASSIGN(const auto list, programs(request.pid));
  forget_ended();
  std::vector<std::unique_ptr<Target>> targets;
  std::string report;
  std::string obstacles;
  for (const auto& pvm : list) {
    auto target = std::make_unique<Target>(pvm, history_of(pvm->pid()), deadline_ns);
    KX_TRY_ASSIGN(const bool found, target->find(request.old_name, request.old_build_id));
    if (!found) {
      continue;
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
  KX_TRY(hold_and_apply(targets, deadline_ns, request.fail_at));
  for (const auto& target : targets) {
    const std::uint64_t pause_ns = target->settle();
    report += "process " + std::to_string(target->pid()) + ": " + target->library() + " is " + version->name +
              " now; it stood still for " + microseconds(pause_ns) + "\n";
  }
  targets.clear();
  report += "done in " + microseconds(ipc::deadline_after(0) - begin_ns) + "\n";
  return report;
}

}  // namespace kx::hv
