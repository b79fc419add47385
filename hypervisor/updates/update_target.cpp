#include "hypervisor/updates/update_target.hpp"

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
#include <thread>

#include "hypervisor/ipc/waiter.hpp"
#include "hypervisor/process/family.hpp"

namespace kx::hv::libraries {

namespace {

constexpr std::chrono::milliseconds rest(1);

}  // namespace

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

Result<void> LibraryVersion::read() {
  if (offer.content == nullptr) {
    KX_TRY_ASSIGN(offer.content, Snapshot::take(fd.get(), static_cast<std::uint64_t>(status.st_size)));
  }
  KX_TRY_ASSIGN(file, ElfFile::read(offer.content->fd()));
  return {};
}

bool is_past(std::uint64_t deadline_ns) {
  return ipc::deadline_after(0) >= deadline_ns;
}

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

Error injected(std::string_view step) {
  return make_error(ErrorKind::System, "the update was to fail at '", step, "'");
}

Error with_process(Error error, ProcessId pid) {
  error.what = "process " + std::to_string(pid) + ": " + error.what;
  return error;
}

Result<bool> UpdateTarget::find(const std::string& name, const std::string& build_id) {
  name_ = name;
  build_id_ = build_id;
  for (;;) {
    auto loaded = loaded_images(program_);
    if (loaded) {
      loaded_ = std::move(loaded).value();
      break;
    }
    if (loaded.error().errno_value != EAGAIN || is_past(deadline_ns_)) {
      return Unexpected{with_process(std::move(loaded).error(), pid_)};
    }
    std::this_thread::sleep_for(rest);
  }
  if (generation_ != 0 && loaded_.generation != generation_) {
    return Unexpected{with_process(system_error_from(ESTALE, "runs another program now"), pid_)};
  }
  generation_ = loaded_.generation;
  image_ = nullptr;
  for (std::size_t i = 1; i < loaded_.images.size(); ++i) {
    const LoadedImage& image = loaded_.images[i];
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

// What a program says of its file counts for this program alone: a version that is known is the same one only if its
// content is.
Result<VersionRef> UpdateTarget::old_version(const std::deque<VersionRef>& known) {
  KX_TRY_ASSIGN(auto mapped, program_.mapped_file(image_->start));
  struct stat status {};
  if (::fstat(mapped.content.get(), &status) != 0) {
    return Unexpected{system_error("stat ", image_->name)};
  }
  const auto usable = [&](const VersionRef& version) {
    return version->is_content_of(status) && version->file.build_id() == image_->build_id;
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
  auto version = std::make_shared<LibraryVersion>();
  version->fd = std::move(mapped.fd);
  version->name = image_->name;
  version->status = status;
  if (Guard* const guard = pvm().family().libraries(); guard != nullptr) {
    KX_TRY_ASSIGN(version->offer, guard->offer_loaded(version->fd.get(), mapped.content.get()));
  } else {
    KX_TRY_ASSIGN(version->offer.content,
                  Snapshot::take(mapped.content.get(), static_cast<std::uint64_t>(status.st_size)));
  }
  KX_TRY(version->read());
  if (version->file.build_id() != image_->build_id) {
    return Unexpected{make_error(ErrorKind::Unsupported, image_->name, ": its file is no longer what was loaded")};
  }
  return VersionRef(std::move(version));
}

Result<void> UpdateTarget::judge(const VersionRef& version) const {
  Guard* const guard = pvm().family().libraries();
  if (guard == nullptr) {
    return {};
  }
  Program program;
  pvm().family().processes().change(pid_, [&](const ProcessTable::Process& process) { program = process.program; });
  const LoadingProgram loader = guard->program_of(program != nullptr ? program->file->get() : -1);
  if (auto allowed = guard->check_offer(version->offer, version->name, loader); !allowed) {
    return Unexpected{with_process(std::move(allowed).error(), pid_)};
  }
  return {};
}

void UpdateTarget::choose(const VersionRef& from, const VersionRef& to, const Pairing& pairing) {
  from_ = from;
  to_ = to;
  pairing_ = &pairing;
  library_ = std::string(from->file.dynamic().soname());
  library_ = library_.empty() ? std::string(file_name(image_->name)) : library_;
}

// The mapping of the new version that an earlier update left; null: there is none any more.
const Retained* UpdateTarget::find_retained() const {
  for (const Retained& each : history_.retained) {
    if (each.version != to_) {
      continue;
    }
    const auto image = image_at(program_, each.start - to_->file.start());
    if (image && image->build_id == to_->file.build_id() && !image->build_id.empty()) {
      return &each;
    }
  }
  return nullptr;
}

Result<void> UpdateTarget::check(const VersionRef& from, const VersionRef& to, const Pairing& pairing) {
  choose(from, to, pairing);
  // Where it would lie makes no difference to whether it can.
  new_bias_ = image_->end;
  if (auto planned = plan_preparation(replacement()); !planned) {
    return Unexpected{with_process(std::move(planned).error(), pid_)};
  }
  if (auto planned = libraries::plan_exchange(replacement(), {}); !planned) {
    return Unexpected{with_process(std::move(planned).error(), pid_)};
  }
  return {};
}

Result<void> UpdateTarget::put(UpdateProgram& update) {
  update.generation = generation_;
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

// Where it lies then, or -errno.
std::int64_t UpdateTarget::map(const VersionRef& version) const {
  HandleTable& handles = pvm().handles();
  const std::int32_t file = handles.add(UniqueFd(::fcntl(version->fd.get(), F_DUPFD_CLOEXEC, 0)));
  const std::int32_t content = handles.add(UniqueFd(::fcntl(version->offer.content->fd(), F_DUPFD_CLOEXEC, 0)));
  if (file < 0 || content < 0) {
    return -EMFILE;
  }
  return program_.ask(abi::QuestionKind::MapImage, static_cast<std::uint32_t>(file), image_->start,
                      abi::map_image_argument(static_cast<std::uint32_t>(content), generation_));
}

Result<void> UpdateTarget::prepare(const VersionRef& from, const VersionRef& to, const Pairing& pairing,
                                   const std::string& fail_at) {
  choose(from, to, pairing);
  if (const Retained* const kept = find_retained(); kept != nullptr) {
    new_bias_ = kept->start - to->file.start();
    redirected_ = kept->redirected;
    used_before_ = true;
  } else {
    const std::int64_t start = map(to);
    if (start <= 0) {
      return Unexpected{system_error_from(start < 0 ? static_cast<int>(-start) : EIO, "map ", to->name)};
    }
    new_bias_ = static_cast<std::uint64_t>(start) - to->file.start();
    mapped_here_ = true;
  }
  if (fail_at == "map") {
    return Unexpected{injected(fail_at)};
  }
  KX_TRY_ASSIGN(UpdateProgram preparation, plan_preparation(replacement()));
  KX_TRY(put(preparation));
  if (const std::int64_t result = exchange(abi::UpdateMode::Running); result != 0) {
    return Unexpected{system_error_from(static_cast<int>(-result), "make the new version ready")};
  }
  return fail_at == "prepare" ? Unexpected{injected(fail_at)} : Result<void>();
}

Result<void> UpdateTarget::plan_exchange(bool again) {
  if (again) {
    KX_TRY_ASSIGN(const bool found, find(std::string(name_), std::string(build_id_)));
    if (!found) {
      return Unexpected{system_error_from(ENOENT, "the program has unloaded the library")};
    }
  }
  KX_TRY_ASSIGN(UpdateProgram update, libraries::plan_exchange(replacement(), redirected_));
  return put(update);
}

void UpdateTarget::decide(abi::UpdateDecision decision) {
  std::byte* const block = program_.pvm().memory().translate_ram(Gpa{block_gpa_}, sizeof(abi::UpdateHeader));
  held = held && decision == abi::UpdateDecision::Convert;
  if (block == nullptr) {
    return;
  }
  // SAFETY: an aligned word of the guest's memory.
  auto* const word = reinterpret_cast<std::uint32_t*>(block + offsetof(abi::UpdateHeader, decision));
  std::atomic_ref(*word).store(static_cast<std::uint32_t>(decision), std::memory_order_release);
  ::syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT_MAX, nullptr, nullptr, 0);
}

void UpdateTarget::release() {
  if (held) {
    decide(abi::UpdateDecision::Leave);
    if (hook_runs_) {
      pvm().make_all_look();
      hook_runs_ = false;
    }
    program_.ask(abi::QuestionKind::Program, 0, 0, sizeof(abi::ProgramView));
  }
}

std::uint64_t UpdateTarget::settle(bool alone) {
  std::erase_if(history_.retained, [&](const Retained& each) { return each.version == to_; });
  history_.retained.push_back({from_, image_->start, pairing_->functions});
  mapped_here_ = false;
  if (!alone) {
    // It is written by the time that a further question is answered.
    program_.ask(abi::QuestionKind::Program, 0, 0, sizeof(abi::ProgramView));
  }
  std::uint64_t pause_ns = 0;
  const std::byte* const block = program_.pvm().memory().translate_to_read(Gpa{block_gpa_}, sizeof(abi::UpdateHeader));
  if (block != nullptr) {
    std::memcpy(&pause_ns, block + offsetof(abi::UpdateHeader, pause_ns), sizeof pause_ns);
  }
  history_.changes.push_back({library_, from_, to_, ::time(nullptr), pause_ns});
  history_.current[std::string(file_name(image_->name))] = to_;
  return pause_ns;
}

void UpdateTarget::clear() {
  release();
  if (mapped_here_) {
    program_.ask(abi::QuestionKind::UnmapImage, static_cast<std::uint32_t>(generation_), new_bias_ + to_->file.start(),
                 to_->file.end() - to_->file.start());
    mapped_here_ = false;
  }
  if (block_size_ != 0) {
    program_.ask(abi::QuestionKind::UpdateMemory, 0, 0, 0);
    block_size_ = 0;
  }
}

}  // namespace kx::hv::libraries
