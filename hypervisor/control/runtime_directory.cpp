#include "hypervisor/control/runtime_directory.hpp"

#include <dirent.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace kx::hv::control {

namespace {

constexpr std::string_view socket_suffix = ".sock";
constexpr int waiting_connections = 128;

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Unexpected{system_error_from(ENAMETOOLONG, path)};
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

std::vector<std::string> entries(const char* directory) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory), &::closedir);
  while (stream != nullptr) {
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) {
      break;
    }
    names.emplace_back(entry->d_name);
  }
  return names;
}

}  // namespace

std::string runtime_directory() {
  if (::geteuid() == 0) {
    return "/run/kx";
  }
  if (const char* given = std::getenv("XDG_RUNTIME_DIR"); given != nullptr && given[0] == '/') {
    return std::string(given) + "/kx";
  }
  return "/tmp/kx-" + std::to_string(::geteuid());
}

std::vector<std::string> all_runtime_directories() {
  std::vector<std::string> directories{runtime_directory()};
  if (::geteuid() == 0) {
    for (const std::string& user : entries("/run/user")) {
      if (user[0] != '.') {
        directories.push_back("/run/user/" + user + "/kx");
      }
    }
    for (const std::string& name : entries("/tmp")) {
      if (name.starts_with("kx-")) {
        directories.push_back("/tmp/" + name);
      }
    }
  }
  std::erase_if(directories, [](const std::string& directory) { return !is_trustworthy(directory); });
  return directories;
}

std::string socket_name(FamilyId id) {
  return std::to_string(id) + std::string(socket_suffix);
}

std::optional<FamilyId> family_of_socket(std::string_view file_name) {
  if (!file_name.ends_with(socket_suffix)) {
    return std::nullopt;
  }
  file_name.remove_suffix(socket_suffix.size());
  FamilyId id = 0;
  const auto [end, error] = std::from_chars(file_name.data(), file_name.data() + file_name.size(), id);
  if (error != std::errc{} || end != file_name.data() + file_name.size() || id <= 0) {
    return std::nullopt;
  }
  return id;
}

bool is_trustworthy(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && (status.st_mode & 022) == 0 &&
         (status.st_uid == ::geteuid() || ::geteuid() == 0);
}

Result<UniqueFd> listen_in(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return Unexpected{system_error("create ", directory)};
  }
  struct stat status {};
  if (::lstat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || (status.st_mode & 077) != 0 ||
      status.st_uid != ::geteuid()) {
    return Unexpected{system_error_from(EPERM, directory, ": not a directory of this user alone")};
  }
  // Under its name only once it listens: whoever looks for families takes a socket where nobody does for left behind.
  const std::string path = directory + "/" + socket_name(::getpid()), new_path = path + ".new";
  KX_TRY_ASSIGN(const sockaddr_un address, address_of(new_path));
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // The mode of the socket's own inode is that of the file which bind(2) makes.
  if (!fd || ::fchmod(fd.get(), 0600) != 0) {
    return Unexpected{system_error("create a control socket")};
  }
  ::unlink(new_path.c_str());  // of a process that had the same number
  // SAFETY: the type punning that bind(2) asks for.
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Unexpected{system_error("bind ", new_path)};
  }
  if (::listen(fd.get(), waiting_connections) != 0 || ::rename(new_path.c_str(), path.c_str()) != 0) {
    Error error = system_error("listen on ", path);
    ::unlink(new_path.c_str());
    return Unexpected{std::move(error)};
  }
  return fd;
}

}  // namespace kx::hv::control
