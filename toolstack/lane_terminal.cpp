#include "lane_terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace kx::lane {

Terminal::Terminal(int stdin_fd, int stdout_fd, int stderr_fd) : stdin_fd_(stdin_fd) {
  const int fds[3] = {stdin_fd, stdout_fd, stderr_fd};
  for (unsigned i = 0; i < 3; ++i) {
    mask_ |= isatty(fds[i]) != 0 ? 1U << i : 0U;
  }
  for (unsigned i : {1U, 2U, 0U}) {
    if (output_fd_ < 0 && (mask_ >> i & 1) != 0) {
      output_fd_ = fds[i];
    }
  }
  if (output_fd_ >= 0) {
    tcgetattr((mask_ & 1) != 0 ? stdin_fd_ : output_fd_, &saved_);
  }
}

bool Terminal::modes(TerminalModes& modes) const {
  if (mask_ == 0) {
    return false;
  }
  modes.input = saved_.c_iflag;
  modes.output = saved_.c_oflag;
  modes.control = saved_.c_cflag;
  modes.local = saved_.c_lflag;
  modes.line = saved_.c_line;
  std::copy_n(saved_.c_cc, sizeof modes.characters, modes.characters);
  return true;
}

WindowSize Terminal::window() const {
  winsize size{};
  if (output_fd_ >= 0) {
    ioctl(output_fd_, TIOCGWINSZ, &size);
  }
  return {size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel};
}

void Terminal::enter_raw() {
  if ((mask_ & 1) == 0 || raw_ || tcgetpgrp(stdin_fd_) != getpgrp()) {
    return;
  }
  termios raw = saved_;
  cfmakeraw(&raw);
  raw_ = tcsetattr(stdin_fd_, TCSADRAIN, &raw) == 0;
}

void Terminal::leave_raw() {
  if (raw_) {
    tcsetattr(stdin_fd_, TCSADRAIN, &saved_);
    raw_ = false;
  }
}

}  // namespace kx::lane
