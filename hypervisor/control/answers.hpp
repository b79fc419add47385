// Sending the messages of a family's control socket (protocol.hpp). False: the client is gone, or takes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "hypervisor/control/protocol.hpp"
#include "hypervisor/error.hpp"

namespace kx::hv::control {

AnswerHeader header(Answer answer, std::int32_t value = 0);

bool send(int fd, const void* head, std::size_t head_size, std::string_view text,
          std::span<const int> descriptors = {});
bool send(int fd, Answer answer, std::int32_t value = 0, std::string_view text = {});
bool refuse(int fd, const Error& error);
bool send(int fd, Answer answer, std::string_view text, std::span<const int> descriptors);
// In as many messages as it takes, and Done.
bool send_text(int fd, std::string_view text);

}  // namespace kx::hv::control
