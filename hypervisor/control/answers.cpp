#include "hypervisor/control/answers.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>

#include "hypervisor/control/descriptors.hpp"

namespace kx::hv::control {

AnswerHeader header(Answer answer, std::int32_t value) {
  return {magic, version, 0, static_cast<std::uint32_t>(answer), value};
}

bool send(int fd, const void* head, std::size_t head_size, std::string_view text, std::span<const int> descriptors) {
  iovec parts[2] = {{const_cast<void*>(head), head_size}, {const_cast<char*>(text.data()), text.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  DescriptorSpace space;
  attach(message, space, descriptors);
  return ::sendmsg(fd, &message, MSG_NOSIGNAL) >= 0;
}

bool send(int fd, Answer answer, std::int32_t value, std::string_view text) {
  const AnswerHeader head = header(answer, value);
  return send(fd, &head, sizeof head, text);
}

bool send(int fd, Answer answer, std::string_view text, std::span<const int> descriptors) {
  const AnswerHeader head = header(answer, 0);
  return send(fd, &head, sizeof head, text.substr(0, message_size_limit - sizeof head), descriptors);
}

bool refuse(int fd, const Error& error) {
  return send(fd, Answer::Failed, error.exit_status(), error.message());
}

bool send_text(int fd, std::string_view text) {
  constexpr std::size_t piece = message_size_limit - sizeof(AnswerHeader);
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    if (!send(fd, Answer::Text, 0, text.substr(0, piece))) {
      return false;
    }
  }
  return send(fd, Answer::Done);
}

}  // namespace kx::hv::control
