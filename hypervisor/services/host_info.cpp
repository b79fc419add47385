// Host calls that answer questions about the host, the pVM's files and its use of the processor.
#include <fcntl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include "hypervisor/process/usage.hpp"
#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

namespace {

using abi::HostInfoKind;

// Files of the host's /proc, by HostInfoKind.
constexpr const char* info_files[] = {"cpuinfo",     "meminfo", "stat",        "uptime",      "loadavg",
                                      "self/mounts", "version", "filesystems", "self/fdinfo/"};
static_assert(std::size(info_files) == static_cast<std::size_t>(HostInfoKind::Last));

std::int64_t read_file(int directory, const char* name, std::string& text) {
  const UniqueFd file(::openat(directory, name, O_RDONLY | O_CLOEXEC));
  if (!file) {
    return -errno;
  }
  char part[4096];
  ssize_t size;
  while ((size = ::read(file.get(), part, sizeof(part))) > 0) {
    text.append(part, static_cast<std::size_t>(size));
  }
  return size < 0 ? -errno : 0;
}

// No figure of /proc/meminfo is larger than the memory the pVM may have.
std::string cap_memory(std::string_view text, std::uint64_t limit) {
  const std::uint64_t limit_kib = limit / 1024;
  std::string capped;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    std::string_view line = text.substr(0, end + 1);
    text.remove_prefix(end + 1);
    const std::size_t digits = line.find_first_of("0123456789", std::min(line.find(':'), line.size()));
    const bool is_size = digits != std::string_view::npos && line.find(" kB") != std::string_view::npos &&
                         line.substr(0, 7) != "Vmalloc";
    if (is_size && std::strtoull(line.data() + digits, nullptr, 10) > limit_kib) {
      capped.append(line.substr(0, digits)).append(std::to_string(limit_kib)).append(" kB\n");
    } else {
      capped.append(line);
    }
  }
  return capped;
}

// Of what fdinfo says of a file, the lines about what an eventfd, a timerfd or an inotify has inside. Others name
// descriptors and processes of the host.
std::string keep_contents(std::string_view text) {
  constexpr std::string_view kept[] = {
      "eventfd-", "clockid:", "ticks:", "settime flags:", "it_value:", "it_interval:", "inotify "};
  std::string lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    text.remove_prefix(line.size());
    if (std::any_of(std::begin(kept), std::end(kept), [&](std::string_view key) { return line.starts_with(key); })) {
      lines.append(line);
    }
  }
  return lines;
}

}  // namespace

// (kind, offset, capacity, position) -> bytes of the text from `position` on; 0 at its end.
std::int64_t serve_host_info(CallContext& context, Call& call) {
  if (call.args[0] >= std::size(info_files)) {
    return -EINVAL;
  }
  std::byte* to = buffer_at(context, call.args[1], call.args[2]);
  if (to == nullptr) {
    return -EFAULT;
  }
  if (context.services.sandbox == nullptr || context.services.sandbox->proc_fd() < 0) {
    return -ENOENT;
  }
  const auto kind = static_cast<HostInfoKind>(call.args[0]);
  std::string name = info_files[call.args[0]], text;
  HandleTable::File file;
  if (kind == HostInfoKind::OpenFile) {
    file = context.services.handles.get_stream(call.args[4]).file;
    if (file == nullptr) {
      return -EBADF;
    }
    name += std::to_string(file->get());
  }
  if (const std::int64_t error = read_file(context.services.sandbox->proc_fd(), name.c_str(), text); error != 0) {
    return error;
  }
  if (kind == HostInfoKind::MemInfo) {
    text = cap_memory(text, context.services.memory.limit());
  } else if (kind == HostInfoKind::OpenFile) {
    text = keep_contents(text);
  }
  const std::size_t position = std::min<std::size_t>(call.args[3], text.size());
  const std::size_t size = std::min<std::size_t>(call.args[2], text.size() - position);
  std::memcpy(to, text.data() + position, size);
  return static_cast<std::int64_t>(size);
}

std::int64_t serve_handle_path(CallContext& context, Call& call) {
  const HandleTable::File file = context.services.handles.get(call.args[0]);
  if (file == nullptr) {
    return -EBADF;
  }
  std::byte* to = buffer_at(context, call.args[1], call.args[2]);
  if (to == nullptr) {
    return -EFAULT;
  }
  if (context.services.sandbox == nullptr || context.services.sandbox->proc_fd() < 0) {
    return -ENOENT;
  }
  const std::string link = "self/fd/" + std::to_string(file->get());
  // SAFETY: the kernel writes at most the capacity checked above.
  const ssize_t size =
      ::readlinkat(context.services.sandbox->proc_fd(), link.c_str(), reinterpret_cast<char*>(to), call.args[2]);
  return size < 0 ? -errno : size;
}

std::int64_t serve_random(CallContext& context, Call& call) {
  std::byte* to = buffer_at(context, call.args[0], call.args[1]);
  if (to == nullptr) {
    return -EFAULT;
  }
  const ssize_t size = ::getrandom(to, call.args[1], GRND_NONBLOCK);
  return size < 0 ? -errno : size;
}

// -> extra[0] user ns, extra[1] system ns; a struct rusage at args[0].
std::int64_t serve_process_times(CallContext& context, Call& call) {
  rusage usage;
  if (::getrusage(RUSAGE_SELF, &usage) != 0) {
    return -errno;
  }
  if (context.services.jobs != nullptr) {
    // Memory figures are the family's; the rest is this pVM's own.
    const long resident = usage.ru_maxrss;
    if (call.args[1] == 0) {
      usage = context.services.jobs->usage();
    } else {
      const auto thread = context.services.jobs->host_thread(static_cast<std::uint32_t>(call.args[1] - 1));
      if (!thread) {
        return -ESRCH;
      }
      usage = thread->usage;
    }
    usage.ru_maxrss = resident;
  }
  call.extra[0] = to_ns(usage.ru_utime);
  call.extra[1] = to_ns(usage.ru_stime);
  return copy_out(context, call.args[0], usage) ? 0 : -EFAULT;
}

}  // namespace kx::hv
