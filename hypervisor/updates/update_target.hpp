// One program whose library is replaced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/process/process_table.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/updates/history.hpp"
#include "hypervisor/updates/program_view.hpp"
#include "hypervisor/updates/update_plan.hpp"

namespace kx::hv::libraries {

// The part of a path behind its last slash.
std::string_view file_name(std::string_view path);

// What went wrong in which process.
Error with_process(Error error, ProcessId pid);

// A failure that was asked for.
Error injected(std::string_view step);

bool is_past(std::uint64_t deadline_ns);

class UpdateTarget {
 public:
  UpdateTarget(std::shared_ptr<Pvm> pvm, History& history, std::uint64_t deadline_ns)
      : pid_(pvm->pid()), program_(std::move(pvm)), history_(history), deadline_ns_(deadline_ns) {}
  ~UpdateTarget() { clear(); }
  UpdateTarget(const UpdateTarget&) = delete;
  UpdateTarget& operator=(const UpdateTarget&) = delete;

  // False: the program has no such library. Errors: it does not answer; several libraries have the name.
  Result<bool> find(const std::string& name, const std::string& build_id);
  Result<VersionRef> old_version(const std::deque<VersionRef>& known);
  // Whether the family's library policy lets the program map it. Errors: the policy's reason.
  Result<void> judge(const VersionRef& version) const;
  // Plans without changing anything.
  Result<void> check(const VersionRef& from, const VersionRef& to, const Pairing& pairing);
  // Maps the new version and makes it ready.
  Result<void> prepare(const VersionRef& from, const VersionRef& to, const Pairing& pairing,
                       const std::string& fail_at);
  // Puts what is to be exchanged into the program's memory. `again`: what was found has changed since; EAGAIN: it is
  // loading a library.
  Result<void> plan_exchange(bool again);
  // One attempt: 0 or -errno of QuestionKind::Update.
  std::int64_t exchange(abi::UpdateMode mode) const {
    return program_.ask(abi::QuestionKind::Update, static_cast<std::uint32_t>(mode), 0, 0);
  }
  void decide(abi::UpdateDecision decision);
  // Has a program that is held call kx_lib_update of the new version, if it has one.
  void start_hook();
  // Waits until it has returned 0. Errors: why not; EAGAIN: the process ends. It is ended at the deadline.
  Result<void> finish_hook(std::uint64_t deadline_ns);
  [[nodiscard]] bool has_hook() const { return pairing_ != nullptr && pairing_->hook != 0; }
  [[nodiscard]] const Pairing& pairing() const { return *pairing_; }
  [[nodiscard]] std::size_t changed_count() const { return pairing_->changed.size(); }
  // Lets a program that is held go on as it was, and waits until it does.
  void release();
  // After the exchange: what is kept is noted, and the pause told.
  std::uint64_t settle(bool alone);
  void clear();

  [[nodiscard]] ProcessId pid() const { return pid_; }
  [[nodiscard]] const std::string& library() const { return library_; }
  [[nodiscard]] Pvm& pvm() const { return program_.pvm(); }
  bool held = false;

 private:
  void choose(const VersionRef& from, const VersionRef& to, const Pairing& pairing);
  [[nodiscard]] const Retained* find_retained() const;
  [[nodiscard]] std::int64_t map(const VersionRef& version) const;
  Result<void> put(UpdateProgram& update);
  [[nodiscard]] Error hook_failure(abi::HookState state) const;
  // A word of the block's header that the guest has written.
  [[nodiscard]] std::uint64_t hook_word(std::size_t offset) const;
  [[nodiscard]] std::uint64_t hook_value() const { return hook_word(offsetof(abi::UpdateHeader, hook_value)); }
  [[nodiscard]] Replacement replacement() const {
    return {program_, loaded_, *image_, from_->file, to_->file, *pairing_, new_bias_, used_before_};
  }

  ProcessId pid_;
  ProgramView program_;
  History& history_;
  std::uint64_t deadline_ns_;
  LoadedImages loaded_;
  const LoadedImage* image_ = nullptr;
  std::string library_, name_, build_id_;
  VersionRef from_, to_;
  const Pairing* pairing_ = nullptr;
  std::uint64_t generation_ = 0;  // of the program that was found first
  std::vector<Pair> redirected_;  // functions of the new version that led on so far
  std::uint64_t new_bias_ = 0;
  bool used_before_ = false;  // its mapping
  std::uint64_t block_gpa_ = 0, block_size_ = 0;
  bool hook_runs_ = false;
  bool mapped_here_ = false;  // and to be taken back unless the exchange succeeds
};

}  // namespace kx::hv::libraries
