// Wire protocol between a lane client on the host and the agent inside the software lane's virtual machine.
//
// Frames of both directions share one byte stream (a virtio-serial port). A channel is one command. Data of a
// stream is only sent against credit the receiver gave, so a slow reader never holds up other channels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace kx::lane {

inline constexpr std::uint32_t protocol_version = 1;
inline constexpr std::size_t max_data_size = 16 * 1024;
inline constexpr std::size_t max_frame_size = 8 * 1024 * 1024;  // a start frame carries arguments and environment
inline constexpr std::uint32_t stream_window_size = 256 * 1024;
inline constexpr const char* port_name = "kx.lane";

enum class FrameType : std::uint32_t {
  // client to agent
  Start = 1,
  StdinData = 2,
  StdinEnd = 3,
  Signal = 4,        // u32 signal number
  Resize = 5,        // WindowSize
  OutputCredit = 6,  // u32 stream, u32 bytes
  OutputClosed = 7,  // u32 stream: nobody reads it any more
  Cancel = 8,
  SetClock = 9,  // u64 nanoseconds since the epoch
  Shutdown = 10,
  // agent to client
  Ready = 16,        // channel 0; u32 protocol version, u32 errno of opening /dev/kvm
  Output = 17,       // u32 stream, data
  StdinCredit = 18,  // u32 bytes
  StdinClosed = 19,  // the command no longer reads
  Stopped = 20,      // u32 signal number
  Exited = 21,       // u32 wait status
  Failed = 22,       // u32 errno, text: what was tried
};

struct FrameHeader {
  std::uint32_t channel;
  std::uint32_t type;
  std::uint32_t size;
  std::uint32_t reserved;
};
static_assert(sizeof(FrameHeader) == 16 && std::has_unique_object_representations_v<FrameHeader>);

struct WindowSize {
  std::uint16_t rows, columns, width, height;
};
static_assert(sizeof(WindowSize) == 8);

// The modes of the client's terminal, to give the one inside the same.
struct TerminalModes {
  std::uint32_t input, output, control, local;
  std::uint8_t line;
  std::uint8_t characters[19];
};
static_assert(sizeof(TerminalModes) == 36 && std::has_unique_object_representations_v<TerminalModes>);

struct StartHeader {
  std::uint32_t terminal_mask;  // bit n: descriptor n is a terminal
  std::uint32_t modes_valid;
  std::uint32_t file_mode_mask;  // umask
  std::uint32_t argument_count;
  std::uint32_t environment_count;
  WindowSize window;
  TerminalModes modes;
  // then NUL-terminated: working directory, arguments, environment
};
static_assert(sizeof(StartHeader) == 64 && std::has_unique_object_representations_v<StartHeader>);

struct Frame {
  std::uint32_t channel = 0;
  FrameType type{};
  std::string payload;

  // The n-th u32 of the payload, 0 if it is too short.
  [[nodiscard]] std::uint32_t word(std::size_t index) const {
    std::uint32_t value = 0;
    if (payload.size() >= (index + 1) * sizeof value) {
      std::memcpy(&value, payload.data() + index * sizeof value, sizeof value);
    }
    return value;
  }
};

template <class T>
void append_raw(std::string& out, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  // SAFETY: the object representation of a trivially copyable T is read as bytes.
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline void append_frame(std::string& out, std::uint32_t channel, FrameType type, std::string_view payload = {}) {
  append_raw(out,
             FrameHeader{channel, static_cast<std::uint32_t>(type), static_cast<std::uint32_t>(payload.size()), 0});
  out.append(payload);
}

// A frame whose payload begins with 32-bit words.
inline void append_frame(std::string& out, std::uint32_t channel, FrameType type,
                         std::initializer_list<std::uint32_t> words, std::string_view data = {}) {
  std::string payload;
  for (std::uint32_t word : words) {
    append_raw(payload, word);
  }
  payload.append(data);
  append_frame(out, channel, type, std::string_view{payload});
}

// Collects bytes and cuts them into frames.
class FrameReader {
 public:
  void add(std::string_view bytes) { buffer_.append(bytes); }

  // The next whole frame. bad() is set when the stream cannot be a sequence of frames.
  std::optional<Frame> next() {
    FrameHeader header{};
    if (bad_ || buffer_.size() - position_ < sizeof header) {
      return compact();
    }
    std::memcpy(&header, buffer_.data() + position_, sizeof header);
    if (header.size > max_frame_size || header.reserved != 0) {
      bad_ = true;
      return std::nullopt;
    }
    if (buffer_.size() - position_ - sizeof header < header.size) {
      return compact();
    }
    Frame frame{header.channel, static_cast<FrameType>(header.type),
                buffer_.substr(position_ + sizeof header, header.size)};
    position_ += sizeof header + header.size;
    return frame;
  }

  [[nodiscard]] bool bad() const { return bad_; }

 private:
  std::nullopt_t compact() {
    buffer_.erase(0, position_);
    position_ = 0;
    return std::nullopt;
  }

  std::string buffer_;
  std::size_t position_ = 0;
  bool bad_ = false;
};

}  // namespace kx::lane
