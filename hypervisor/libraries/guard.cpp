#include "hypervisor/libraries/guard.hpp"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "hypervisor/monotonic.hpp"
#include "hypervisor/text.hpp"

namespace kx::hv::libraries {

namespace {

// Lines that are told once each; beyond so many different ones nothing more is told, only counted.
constexpr std::size_t most_told = 1024;
constexpr uid_t stranger = 65534;  // whoever has no id in a user namespace; overflowuid, proc_sys_kernel(5)

std::string name_of(const LoadingProgram& program) {
  return program.path.empty() ? "an unknown program" : program.path;
}

Result<UniqueFd> duplicate(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) {
    return Unexpected{system_error("duplicate a descriptor")};
  }
  return copy;
}

}  // namespace

std::string Guard::path_of(int fd, const struct stat& status) const {
  std::array<char, PATH_MAX> path;
  const std::string link = "self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlinkat(place_.proc_fd, link.c_str(), path.data(), path.size());
  // Deleted, of memory alone, or outside the view: it has no name there.
  const bool named =
      length > 0 && static_cast<std::size_t>(length) < path.size() && path[0] == '/' && status.st_nlink > 0;
  return named ? std::string(path.data(), static_cast<std::size_t>(length)) : std::string();
}

std::optional<uid_t> Guard::owner_of(const struct stat& status) const {
  return place_.owners_hidden && status.st_uid == stranger ? std::nullopt : std::optional(status.st_uid);
}

LoadingProgram Guard::program_of(int fd) const {
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    return {};
  }
  return {path_of(fd, status), status.st_dev, status.st_ino, owner_of(status)};
}

bool Guard::refuse(const std::string& what, const LoadingProgram& program, const std::string& reason) {
  const bool enforces = policy_.mode() == PolicyMode::Enforce;
  ++(enforces ? refused_ : warned_);
  const std::string line = "library policy: " + what + (enforces ? " is refused to " : " would be refused to ") +
                           name_of(program) + ": " + reason;
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    tell = told_.size() < most_told && told_.insert(line).second;
  }
  if (tell && place_.report) {
    place_.report(printable(line));  // what a guest chose reaches no terminal as it is
  }
  return enforces;
}

Result<UniqueFd> Guard::check_file(int fd, const LoadingProgram& program) {
  ++asked_;
  const std::uint64_t start_ns = monotonic_ns();
  bool is_copied = false;
  auto answer = judge_file(fd, program, is_copied);
  ++(is_copied ? copied_ : known_);
  (is_copied ? copied_ns_ : known_ns_) += monotonic_ns() - start_ns;
  return answer;
}

Result<UniqueFd> Guard::judge_file(int fd, const LoadingProgram& program, bool& is_copied) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return Unexpected{system_error("look at a file")};
  }
  const std::string path = path_of(fd, status);
  const auto refused = [&](const std::string& reason) {
    return refuse(path.empty() ? "a file without a name" : path, program, reason);
  };
  const auto no = [] { return Unexpected{system_error_from(EACCES, "load a file")}; };
  if (path.empty() || !S_ISREG(status.st_mode)) {
    // As good as memory.
    return policy_.is_jit(program) || !refused("only a program that makes code may") ? duplicate(fd) : no();
  }
  auto snapshot = snapshot_of(fd, status, is_copied);
  if (!snapshot) {
    return refused(snapshot.error().message()) ? no() : duplicate(fd);
  }
  Snapshot& content = **snapshot;
  const LoadedFile file{path, content.identity(), owner_of(status), [&] { return signer_of(content, path); }};
  const auto reason = policy_.refusal(file, program);
  if (reason && refused(*reason)) {
    return no();
  }
  content.set_path(path);
  return duplicate(content.fd());
}

std::shared_ptr<Snapshot> Guard::own_copy(int fd) const {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return nullptr;
  }
  const std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find_if(cache_, [&](const auto& entry) { return entry.second.snapshot->has_status(status); });
  return found != cache_.end() ? found->second.snapshot : nullptr;
}

Result<LibraryOffer> Guard::offer_file(int fd, const std::string& signature) {
  struct stat status {
  }, in_view{};
  if (::fstat(fd, &status) != 0) {
    return Unexpected{system_error("look at a file")};
  }
  LibraryOffer offer;
  // Its path is that of whoever opened it: outside the view another file may have it.
  const std::string path = path_of(fd, status);
  if (!path.empty() && ::stat(path.c_str(), &in_view) == 0 && in_view.st_dev == status.st_dev &&
      in_view.st_ino == status.st_ino) {
    offer.path = path;
    find_signature(offer);
  } else if (const std::string* kept = policy_.signature_of(path.substr(path.rfind('/') + 1)); kept != nullptr) {
    offer.signature = *kept;
  } else {
    offer.signature = signature;
  }
  offer.owner = owner_of(status);
  bool is_copied = false;
  KX_TRY_ASSIGN(offer.content, snapshot_of(fd, status, is_copied));
  return offer;
}

Result<LibraryOffer> Guard::offer_loaded(int fd, int content) {
  struct stat status {
  }, content_status{};
  if (::fstat(fd, &status) != 0 || ::fstat(content, &content_status) != 0) {
    return Unexpected{system_error("look at a file")};
  }
  LibraryOffer offer;
  offer.owner = owner_of(status);
  offer.content = own_copy(content);
  if (offer.content == nullptr) {
    bool is_copied = false;
    KX_TRY_ASSIGN(offer.content, snapshot_of(content, content_status, is_copied));
  }
  offer.path = offer.content->path();
  offer.path = offer.path.empty() ? path_of(fd, status) : offer.path;
  const auto signer = offer.content->last_signer();
  if (signer && !signer->key.empty()) {
    offer.signature = offer.content->last_signature();
  } else {
    find_signature(offer);
  }
  return offer;
}

Result<void> Guard::check_offer(const LibraryOffer& offer, const std::string& name, const LoadingProgram& program) {
  ++asked_;
  const LoadedFile file{
      offer.path, offer.content->identity(), offer.owner, [&]() -> Signer {
        if (offer.signature.empty()) {
          return offer.content->without_signature(offer.problem.empty() ? "it has no signature" : offer.problem);
        }
        return offer.content->signer(offer.signature,
                                     [&](const ContentHash& hash) { return policy_.signer(hash, offer.signature); });
      }};
  auto reason = policy_.refusal(file, program);
  if (reason && offer.path.empty()) {
    reason = policy_.is_jit(program) ? std::nullopt : std::optional(*reason + "; it has no path in the family's view");
  }
  if (reason && refuse(name, program, *reason)) {
    return Unexpected{make_error(ErrorKind::Unsupported, printable("library policy: " + name + " is refused to " +
                                                                   name_of(program) + ": " + *reason))};
  }
  if (!offer.path.empty()) {
    offer.content->set_path(offer.path);
  }
  return {};
}

std::optional<Signer> Guard::known_signer(int content) const {
  const auto snapshot = own_copy(content);
  return snapshot != nullptr ? snapshot->last_signer() : std::nullopt;
}

bool Guard::check_memory(const LoadingProgram& program, const char* what) {
  ++asked_;
  return policy_.is_jit(program) || !refuse(what, program, "only a program that makes code (jit) may execute it");
}

Result<std::shared_ptr<Snapshot>> Guard::snapshot_of(int fd, struct stat& status, bool& is_copied) {
  constexpr int attempts = 3;
  for (int i = 0; i < attempts; ++i) {
    const FileState state = state_of(status);
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = cache_.find(state); found != cache_.end()) {
        found->second.last_use = ++uses_;
        return found->second.snapshot;
      }
    }
    is_copied = true;
    auto snapshot = Snapshot::take(fd, static_cast<std::uint64_t>(status.st_size));
    if (::fstat(fd, &status) != 0) {
      return Unexpected{system_error("look at it")};
    }
    if (state_of(status) == state) {
      if (snapshot) {
        keep(state, *static_cast<const decltype(snapshot)&>(snapshot));
      }
      return snapshot;
    }
  }
  return Unexpected{make_error(ErrorKind::System, "it changes while it is read")};
}

void Guard::keep(const FileState& state, std::shared_ptr<Snapshot> snapshot) {
  const std::uint64_t size = snapshot->size();
  const std::lock_guard lock(mutex_);
  if (size > cache_size || !cache_.emplace(state, Cached{std::move(snapshot), ++uses_}).second) {
    return;
  }
  cached_size_ += size;
  while (cached_size_ > cache_size || cache_.size() > cache_count) {
    const auto oldest = std::ranges::min_element(cache_, {}, [](const auto& entry) { return entry.second.last_use; });
    cached_size_ -= oldest->second.snapshot->size();
    cache_.erase(oldest);
  }
}

// Where the signature comes from does not matter: it is of the content that was copied, or of none.
Result<std::string> Guard::signature_of(const std::string& path) const {
  if (const std::string* kept = policy_.signature_of(path.substr(path.rfind('/') + 1)); kept != nullptr) {
    return std::string(*kept);
  }
  const std::string beside = path + std::string(signature_suffix);
  return read_text(AT_FDCWD, beside, beside);
}

void Guard::find_signature(LibraryOffer& offer) const {
  if (auto found = signature_of(offer.path)) {
    offer.signature = std::move(found).value();
  } else if (found.error().errno_value != ENOENT) {
    offer.problem = found.error().message();
  }
}

Signer Guard::signer_of(Snapshot& snapshot, const std::string& path) const {
  const auto text = signature_of(path);
  if (!text) {
    return snapshot.without_signature(text.error().errno_value == ENOENT ? "it has no signature"
                                                                         : text.error().message());
  }
  return snapshot.signer(*text, [&](const ContentHash& hash) { return policy_.signer(hash, *text); });
}

GuardCounts Guard::counts() const {
  return {.asked = asked_,
          .refused = refused_,
          .warned = warned_,
          .copied = copied_,
          .copied_ns = copied_ns_,
          .known = known_,
          .known_ns = known_ns_};
}

}  // namespace kx::hv::libraries
