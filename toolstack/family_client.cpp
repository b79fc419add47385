#include "toolstack/family_client.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>

#include "hypervisor/control/answers.hpp"
#include "hypervisor/control/descriptors.hpp"
#include "hypervisor/text.hpp"

namespace kx::toolstack {
namespace {

using hv::ErrorKind;
using hv::make_error;
using hv::system_error;
using hv::system_error_from;

constexpr timeval patience{2, 0};

}  // namespace

hv::Result<Id> parse_id(std::string_view text) {
  Id id;
  const char* const end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, id.family);
  bool good = parsed.ec == std::errc{} && id.family > 0;
  if (good && parsed.ptr != end) {
    good = *parsed.ptr == '.';
    parsed = std::from_chars(parsed.ptr + 1, end, id.pid);
    good = good && parsed.ec == std::errc{} && parsed.ptr == end && id.pid > 0;
  }
  if (!good) {
    return Unexpected{make_error(ErrorKind::Usage, "'", text, "' is not an ID")
                          .with_cure("FAMILY or FAMILY.PID, as in the first column of kx ps")};
  }
  return id;
}

std::vector<FamilySocket> find_sockets() {
  std::vector<FamilySocket> sockets;
  for (const std::string& directory : hv::control::all_runtime_directories()) {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), &::closedir);
    while (stream != nullptr) {
      const dirent* entry = ::readdir(stream.get());
      if (entry == nullptr) {
        break;
      }
      if (const auto id = hv::control::family_of_socket(entry->d_name)) {
        sockets.push_back({*id, directory + "/" + entry->d_name});
      }
    }
  }
  std::ranges::sort(sockets, {}, &FamilySocket::id);
  return sockets;
}

hv::Result<std::optional<FamilyClient>> FamilyClient::connect(const FamilySocket& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.path.size() >= sizeof address.sun_path) {
    return Unexpected{system_error_from(ENAMETOOLONG, socket.path)};
  }
  std::memcpy(address.sun_path, socket.path.c_str(), socket.path.size() + 1);
  hv::UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd) {
    return Unexpected{system_error("create a socket")};
  }
  // Also how long connect(2) waits for room in the backlog of a family that is stopped.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  // SAFETY: the type punning that connect(2) asks for.
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ECONNREFUSED) {
      ::unlink(socket.path.c_str());
      return std::optional<FamilyClient>();
    }
    if (errno == ENOENT) {
      return std::optional<FamilyClient>();
    }
    return Unexpected{system_error("connect to family ", socket.id)};
  }
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid != socket.id ||
      (peer.uid != ::geteuid() && ::geteuid() != 0)) {
    return Unexpected{make_error(ErrorKind::System, socket.path, ": not the socket of family ", socket.id)};
  }
  return std::optional<FamilyClient>(FamilyClient(std::move(fd)));
}

hv::Result<FamilyClient> FamilyClient::find(hv::control::FamilyId id) {
  for (const FamilySocket& socket : find_sockets()) {
    if (socket.id == id) {
      KX_TRY_ASSIGN(auto client, connect(socket));
      if (client) {
        return std::move(*client);
      }
    }
  }
  return Unexpected{make_error(ErrorKind::Usage, "no family ", id).with_cure("kx ps shows those there are")};
}

hv::Result<void> FamilyClient::send(const hv::control::Request& request, std::span<const int> descriptors) {
  if (!hv::control::send(fd_.get(), &request, sizeof request, {}, descriptors)) {
    return Unexpected{system_error("ask the family")};
  }
  return {};
}

hv::Result<FamilyClient::Answer> FamilyClient::receive() {
  ssize_t size = 0;
  iovec part{buffer_.data(), buffer_.size()};
  hv::control::DescriptorSpace space;
  msghdr message{};
  do {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = space.bytes;
    message.msg_controllen = sizeof space.bytes;
    size = ::recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno == EAGAIN) {
    return Unexpected{system_error_from(ETIMEDOUT, "the family does not answer").with_cure("it may be stopped: kx ps")};
  }
  if (size <= 0) {
    return Unexpected{system_error_from(size < 0 ? errno : ECONNRESET, "the family has ended")};
  }
  hv::control::AnswerHeader header{};
  const auto length = static_cast<std::size_t>(size);
  std::memcpy(&header, buffer_.data(), std::min(sizeof header, length));
  if (length < sizeof header || header.magic != hv::control::magic || header.version != hv::control::version) {
    return Unexpected{make_error(ErrorKind::Unsupported, "the family runs another version of kx")};
  }
  Answer answer;
  answer.descriptors = hv::control::take_descriptors(message);
  answer.kind = static_cast<hv::control::Answer>(header.answer);
  answer.value = header.value;
  std::size_t head = sizeof header;
  if (answer.kind == hv::control::Answer::Process) {
    head = sizeof answer.record;
    if (length < head) {
      return Unexpected{make_error(ErrorKind::System, "the family's answer makes no sense")};
    }
    std::memcpy(&answer.record, buffer_.data(), head);
  }
  answer.text = std::string_view(buffer_).substr(head, length - head);
  if (answer.kind == hv::control::Answer::Failed) {
    hv::Error error = make_error(answer.value == 127   ? ErrorKind::NotFound
                                 : answer.value == 126 ? ErrorKind::NotExecutable
                                                       : ErrorKind::System,
                                 printable_lines(answer.text));
    return Unexpected{std::move(error)};
  }
  return answer;
}

void FamilyClient::wait_patiently() {
  const timeval for_ever{};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof for_ever);
}

hv::control::Request make_request(hv::control::Verb verb, std::int32_t pid, std::int32_t signal) {
  hv::control::Request request{};
  request.magic = hv::control::magic;
  request.version = hv::control::version;
  request.verb = static_cast<std::uint16_t>(verb);
  request.pid = pid;
  request.signal = signal;
  return request;
}

bool is_stopped(hv::control::FamilyId id) {
  std::ifstream file("/proc/" + std::to_string(id) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');  // proc_pid_stat(5): the state follows the name
  return name_end != std::string::npos && name_end + 2 < text.size() &&
         (text[name_end + 2] == 'T' || text[name_end + 2] == 't');
}

std::string printable(std::string_view text) {
  return hv::printable(std::string(text));
}

std::string printable_lines(std::string_view text) {
  std::size_t end = text.find('\n');
  std::string lines = printable(text.substr(0, end));
  while (end != std::string_view::npos) {
    text.remove_prefix(end + 1);
    end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    lines += "\n  " + printable(line.substr(std::min(line.find_first_not_of(' '), line.size())));
  }
  return lines;
}

}  // namespace kx::toolstack
