#include "lane_agent_setup.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

#include "toolstack/lane_protocol.hpp"

namespace kx::lane {
namespace {

constexpr unsigned long kvm_create_vm = 0xae01;  // _IO(KVMIO, 0x01)

// Says on the console why the lane cannot start; the host shows it to the user.
void complain(const char* what) {
  std::fprintf(stderr, "lane-agent: %s: %s\n", what, std::strerror(errno));
}

bool mount_at(const char* type, const char* target, unsigned long flags = 0, const char* data = nullptr) {
  mkdir(target, 0755);
  if (mount(type, target, type, flags, data) != 0) {
    complain(target);
    return false;
  }
  return true;
}

// /modules/order lists the files in the order in which they must be loaded.
void load_modules() {
  std::ifstream order{"/modules/order"};
  for (std::string name; std::getline(order, name);) {
    const std::string path = "/modules/" + name;
    int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST)) {
      complain(path.c_str());
    }
    close(fd);
  }
}

// virtio-serial ports are named in sysfs; the device node is /dev/<entry>.
int open_port() {
  int result = -1;
  constexpr int tries = 500;
  for (int i = 0; i < tries && result < 0; ++i) {
    if (DIR* directory = opendir("/sys/class/virtio-ports")) {
      while (dirent* entry = readdir(directory)) {
        std::ifstream file{std::string{"/sys/class/virtio-ports/"} + entry->d_name + "/name"};
        std::string name;
        if (std::getline(file, name) && name == port_name) {
          result = open((std::string{"/dev/"} + entry->d_name).c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
        }
      }
      closedir(directory);
    }
    if (result < 0) {
      usleep(10'000);
    }
  }
  return result;
}

void bring_loopback_up() {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) != 0) {
    complain("loopback interface");
  }
  close(fd);
}

void redirect_to_console() {
  int fd = open("/dev/console", O_RDWR);
  for (int target = 0; target < 3 && fd >= 0; ++target) {
    dup2(fd, target);
  }
  if (fd > 2) {
    close(fd);
  }
}

// Leaves the initramfs for the host's root (switch_root(8)): the kernel's file systems move along.
bool enter_host_root() {
  if (!mount_at("virtiofs", "/host")) {
    return false;
  }
  for (const char* directory : {"/proc", "/sys", "/dev"}) {
    const std::string target = std::string{"/host"} + directory;
    mkdir(target.c_str(), 0755);
    if (mount(directory, target.c_str(), nullptr, MS_MOVE, nullptr) != 0) {
      complain(target.c_str());
      return false;
    }
  }
  if (chdir("/host") != 0 || mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 || chroot(".") != 0 || chdir("/") != 0) {
    complain("host root");
    return false;
  }
  // Sockets of families work only on the machine that they are on: with the host's directory, a `kx` here would take
  // those of the host and of other lanes for left behind, and remove them.
  if (mkdir("/run/kx", 0700) == 0 || errno == EEXIST) {
    mount_at("tmpfs", "/run/kx", MS_NOSUID | MS_NODEV, "mode=0700");
  }
  return true;
}

}  // namespace

int set_up_machine() {
  umask(0);
  mount_at("devtmpfs", "/dev");
  redirect_to_console();
  mount_at("proc", "/proc");
  mount_at("sysfs", "/sys");
  load_modules();
  mount_at("devpts", "/dev/pts", 0, "ptmxmode=0666,mode=0620,gid=5");
  mount_at("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777");
  mount_at("mqueue", "/dev/mqueue");
  mount_at("cgroup2", "/sys/fs/cgroup");
  mkdir("/sys/fs/cgroup/kx", 0755);
  symlink("/proc/self/fd", "/dev/fd");
  symlink("/proc/self/fd/0", "/dev/stdin");
  symlink("/proc/self/fd/1", "/dev/stdout");
  symlink("/proc/self/fd/2", "/dev/stderr");
  unlink("/dev/ptmx");
  symlink("pts/ptmx", "/dev/ptmx");
  chmod("/dev/kvm", 0666);
  close(open("/dev/kx-lane", O_WRONLY | O_CREAT | O_CLOEXEC, 0444));  // how kx knows where it runs
  bring_loopback_up();
  int port = open_port();
  if (port < 0) {
    errno = ENODEV;
    complain("port to the host");
    return -1;
  }
  return enter_host_root() ? port : -1;
}

int kvm_errno() {
  int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  int vm = kvm < 0 ? -1 : ioctl(kvm, kvm_create_vm, 0);
  const int error = vm < 0 ? errno : 0;
  close(vm);
  close(kvm);
  return error;
}

}  // namespace kx::lane
