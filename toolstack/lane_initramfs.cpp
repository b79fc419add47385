#include "lane_initramfs.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

namespace kx::lane {
namespace {

namespace fs = std::filesystem;

// What the lane needs. One that the kernel has built in is absent and not missed.
constexpr std::array module_names = {"virtio_pci", "virtiofs", "virtio_console", "ccp", "kvm-amd"};

constexpr const char* kernel_cure = "run tools/install-deps, or apt-get install linux-image-cloud-amd64";

LaneError missing(const std::string& thing, const std::string& cure) {
  return {"software lane: " + thing + ": not found: " + cure};
}

std::optional<LaneFiles> in_directory(const fs::path& directory) {
  std::error_code ignored;
  if (fs::exists(directory / "vmlinuz", ignored) && fs::is_directory(directory / "modules", ignored)) {
    return LaneFiles{directory / "vmlinuz", directory / "modules", {}};
  }
  return std::nullopt;
}

// The newest cloud kernel that is installed on this machine.
std::optional<LaneFiles> installed() {
  std::optional<LaneFiles> best;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator("/lib/modules", ignored)) {
    const std::string version = entry.path().filename();
    LaneFiles files{"/boot/vmlinuz-" + version, entry.path() / "kernel", {}};
    if (version.find("-cloud-amd64") != std::string::npos && access(files.kernel.c_str(), R_OK) == 0 &&
        (!best || strverscmp(files.kernel.c_str(), best->kernel.c_str()) > 0)) {
      best = files;
    }
  }
  return best;
}

LaneResult<std::string> read_file(const fs::path& path) {
  std::ifstream stream{path, std::ios::binary};
  if (!stream) {
    return Unexpected{LaneError{"software lane: " + path.string() + ": " + std::strerror(errno)}};
  }
  return std::string{std::istreambuf_iterator<char>{stream}, {}};
}

// The cpio format "newc" (Linux Documentation/driver-api/early-userspace/buffer-format.rst).
void append_cpio(std::string& out, const std::string& name, unsigned mode, const std::string& data) {
  const auto pad = [&out] { out.append((4 - out.size() % 4) % 4, '\0'); };
  static unsigned inode = 0;
  char header[111];
  std::snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ++inode, mode, 0U,
                0U, 1U, 0U, static_cast<unsigned>(data.size()), 0U, 0U, 0U, 0U, static_cast<unsigned>(name.size() + 1),
                0U);
  out += header;
  out.append(name.c_str(), name.size() + 1);
  pad();
  out += data;
  pad();
}

// The modules of a kernel, put in an order in which each comes after those it depends on.
class ModuleSet {
 public:
  explicit ModuleSet(const std::string& directory) {
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory, ignored)) {
      if (entry.path().extension() == ".ko") {
        files_[canonical(entry.path().stem())] = entry.path();
      }
    }
  }

  [[nodiscard]] bool contains(const std::string& name) const { return files_.contains(canonical(name)); }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& loaded() const { return loaded_; }

  LaneResult<void> load(const std::string& name) {
    const auto file = files_.find(canonical(name));
    if (file == files_.end() || !seen_.insert(file->first).second) {
      return {};
    }
    KX_TRY_ASSIGN(std::string data, read_file(file->second));
    for (const std::string& dependency : dependencies(data)) {
      KX_TRY(load(dependency));
    }
    loaded_.emplace_back(file->first, std::move(data));
    return {};
  }

 private:
  static std::string canonical(std::string name) {
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
  }

  // The .modinfo section holds "depends=a,b" between NULs.
  static std::vector<std::string> dependencies(const std::string& module) {
    static const std::string key{"\0depends=", 9};
    std::vector<std::string> result;
    const std::size_t at = module.find(key);
    if (at != std::string::npos) {
      std::istringstream list{module.c_str() + at + key.size()};
      for (std::string name; std::getline(list, name, ',');) {
        result.push_back(name);
      }
    }
    return result;
  }

  std::map<std::string, fs::path> files_;
  std::set<std::string> seen_;
  std::vector<std::pair<std::string, std::string>> loaded_;
};

}  // namespace

LaneResult<std::string> find_program(const std::string& name, const std::string& package) {
  std::string folders = "/usr/lib/qemu:/usr/libexec:/usr/bin:/usr/local/bin:";
  if (const char* path = std::getenv("PATH")) {
    folders += path;
  }
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    const std::string candidate = folders.substr(begin, end - begin) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
    begin = end + 1;
  }
  return Unexpected{missing(name, "apt-get install " + package)};
}

LaneResult<LaneFiles> find_lane_files() {
  std::error_code ignored;
  const fs::path self = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  std::optional<LaneFiles> files;
  if (const char* chosen = std::getenv("KX_LANE_DIR")) {
    files = in_directory(chosen);
    if (!files) {
      return Unexpected{missing(std::string{chosen} + "/vmlinuz and modules", "correct or unset KX_LANE_DIR")};
    }
  }
  if (!files) {
    files = in_directory(self / "lane");
  }
  if (!files) {
    files = installed();
  }
  if (!files) {
    return Unexpected{missing("kernel", kernel_cure)};
  }
  for (const fs::path& path : {self / "lane-agent", self / "../lib/kylinx/lane-agent"}) {
    if (access(path.c_str(), R_OK) == 0) {
      files->agent = path;
      return *files;
    }
  }
  return Unexpected{missing((self / "lane-agent").string(), "run make build")};
}

LaneResult<int> make_initramfs(const LaneFiles& files) {
  ModuleSet modules{files.modules};
  for (const char* needed : {"virtiofs", "kvm-amd"}) {
    if (!modules.contains(needed)) {
      return Unexpected{missing("module " + std::string{needed} + " in " + files.modules, kernel_cure)};
    }
  }
  for (const char* name : module_names) {
    KX_TRY(modules.load(name));
  }
  constexpr unsigned directory_mode = S_IFDIR | 0755;
  constexpr unsigned program_mode = S_IFREG | 0755;
  constexpr unsigned file_mode = S_IFREG | 0644;
  std::string archive;
  KX_TRY_ASSIGN(const std::string agent, read_file(files.agent));
  append_cpio(archive, "modules", directory_mode, {});
  append_cpio(archive, "init", program_mode, agent);
  std::string order;
  for (const auto& [name, data] : modules.loaded()) {
    append_cpio(archive, "modules/" + name, file_mode, data);
    order += name + "\n";
  }
  append_cpio(archive, "modules/order", file_mode, order);
  append_cpio(archive, "TRAILER!!!", 0, {});

  int fd = memfd_create("kx-lane-initramfs", 0);
  for (std::size_t done = 0; fd >= 0 && done < archive.size();) {
    ssize_t count = write(fd, archive.data() + done, archive.size() - done);
    if (count <= 0) {
      close(fd);
      fd = -1;
    }
    done += static_cast<std::size_t>(count);
  }
  if (fd < 0) {
    return Unexpected{LaneError{std::string{"software lane: initramfs: "} + std::strerror(errno)}};
  }
  return fd;
}

}  // namespace kx::lane
