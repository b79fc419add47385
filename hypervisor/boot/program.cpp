#include "hypervisor/boot/program.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace kx::hv {

namespace {

enum class Candidate { Good, Missing, Unusable };

Candidate judge(const std::string& path, int& reason) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    reason = errno;
    return reason == EACCES ? Candidate::Unusable : Candidate::Missing;
  }
  if (S_ISDIR(status.st_mode)) {
    reason = EISDIR;
    return Candidate::Unusable;
  }
  if (::faccessat(AT_FDCWD, path.c_str(), X_OK, 0) != 0) {
    reason = errno;
    return Candidate::Unusable;
  }
  return Candidate::Good;
}

Error failure(Candidate candidate, int reason, const std::string& name) {
  if (candidate == Candidate::Unusable) {
    Error error = make_error(ErrorKind::NotExecutable, "cannot execute ", name);
    error.errno_value = reason;
    return error;
  }
  Error error = make_error(ErrorKind::NotFound, "no such program: ", name);
  error.errno_value = name.find('/') == std::string::npos ? 0 : reason;
  return std::move(error).with_cure("check the name, PATH, --root and --volume");
}

}  // namespace

Result<std::string> find_program(const FamilyConfig& config, const Sandbox& /*sandbox*/) {
  return find_program(config.argv.front(), config.environment, "");
}

Result<std::string> find_program(const std::string& name, const std::vector<std::string>& environment,
                                 const std::string& directory) {
  const auto absolute = [&](const std::string& path) {
    return directory.empty() || path.starts_with('/') ? path : directory + "/" + path;
  };
  int reason = ENOENT;
  if (name.find('/') != std::string::npos) {
    std::string path = absolute(name);
    const Candidate candidate = judge(path, reason);
    if (candidate != Candidate::Good) {
      return Unexpected{failure(candidate, reason, name)};
    }
    return path;
  }
  std::string_view path = "/usr/local/bin:/usr/bin:/bin";
  for (const std::string& variable : environment) {
    if (variable.starts_with("PATH=")) {
      path = std::string_view(variable).substr(5);
    }
  }
  Candidate worst = Candidate::Missing;
  int worst_reason = ENOENT;
  while (!name.empty()) {
    const std::size_t colon = path.find(':');
    std::string candidate_path(path.substr(0, colon));
    candidate_path = absolute(candidate_path.empty() ? "./" + name : candidate_path + "/" + name);
    const Candidate candidate = judge(candidate_path, reason);
    if (candidate == Candidate::Good) {
      return candidate_path;
    }
    if (candidate == Candidate::Unusable && reason != EISDIR) {
      worst = candidate;
      worst_reason = reason;
    }
    if (colon == std::string_view::npos) {
      break;
    }
    path.remove_prefix(colon + 1);
  }
  return Unexpected{failure(worst, worst_reason, name)};
}

}  // namespace kx::hv
