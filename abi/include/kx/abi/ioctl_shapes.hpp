// The ioctl requests a pVM may make, with direction and size of their argument; any other answers ENOTTY.
//
// TIOCSTI and the requests of the console are left out on purpose: they type into somebody else's shell.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kx::abi {

enum class IoctlArgument : std::uint8_t {
  None,     // ignored
  Integer,  // the argument itself
  Handle,   // the argument is a file handle
  In,       // `size` bytes at the offset given
  Out,
  InOut,
};

enum class IoctlRule : std::uint8_t {
  Plain,
  ReturnsHandle,
  GetGroup,  // process groups and sessions are the pVM's: translated
  SetGroup,
  GetSession,
  TakeTerminal,  // these two the host is never asked for
  LeaveTerminal,
  CloneRange,  // the struct starts with a file handle
};

struct IoctlShape {
  std::uint32_t request;
  IoctlArgument argument;
  std::uint8_t size;
  IoctlRule rule = IoctlRule::Plain;
  bool may_block = false;        // waits for output to drain
  bool foreground_only = false;  // raises SIGTTOU in the background (termios(3))
};

// Numbers and sizes: ioctl_tty(2), ioctl_ficlonerange(2), ioctl_iflags(2), asm-generic/ioctls.h (x86-64).
inline constexpr IoctlShape ioctl_shapes[] = {
    {0x5401, IoctlArgument::Out, 36},                                    // TCGETS
    {0x5402, IoctlArgument::In, 36, IoctlRule::Plain, false, true},      // TCSETS
    {0x5403, IoctlArgument::In, 36, IoctlRule::Plain, true, true},       // TCSETSW
    {0x5404, IoctlArgument::In, 36, IoctlRule::Plain, true, true},       // TCSETSF
    {0x5405, IoctlArgument::Out, 18},                                    // TCGETA
    {0x5406, IoctlArgument::In, 18, IoctlRule::Plain, false, true},      // TCSETA
    {0x5407, IoctlArgument::In, 18, IoctlRule::Plain, true, true},       // TCSETAW
    {0x5408, IoctlArgument::In, 18, IoctlRule::Plain, true, true},       // TCSETAF
    {0x802c542a, IoctlArgument::Out, 44},                                // TCGETS2
    {0x402c542b, IoctlArgument::In, 44, IoctlRule::Plain, false, true},  // TCSETS2
    {0x402c542c, IoctlArgument::In, 44, IoctlRule::Plain, true, true},   // TCSETSW2
    {0x402c542d, IoctlArgument::In, 44, IoctlRule::Plain, true, true},   // TCSETSF2
    {0x5409, IoctlArgument::Integer, 0, IoctlRule::Plain, true, true},   // TCSBRK
    {0x5425, IoctlArgument::Integer, 0, IoctlRule::Plain, true, true},   // TCSBRKP
    {0x540a, IoctlArgument::Integer, 0, IoctlRule::Plain, false, true},  // TCXONC
    {0x540b, IoctlArgument::Integer, 0, IoctlRule::Plain, false, true},  // TCFLSH
    {0x540c, IoctlArgument::None, 0},                                    // TIOCEXCL
    {0x540d, IoctlArgument::None, 0},                                    // TIOCNXCL
    {0x540f, IoctlArgument::Out, 4, IoctlRule::GetGroup},                // TIOCGPGRP
    {0x5410, IoctlArgument::In, 4, IoctlRule::SetGroup, false, true},    // TIOCSPGRP
    {0x540e, IoctlArgument::Integer, 0, IoctlRule::TakeTerminal},        // TIOCSCTTY
    {0x5422, IoctlArgument::None, 0, IoctlRule::LeaveTerminal},          // TIOCNOTTY
    {0x5429, IoctlArgument::Out, 4, IoctlRule::GetSession},              // TIOCGSID
    {0x5411, IoctlArgument::Out, 4},                                     // TIOCOUTQ
    {0x5413, IoctlArgument::Out, 8},                                     // TIOCGWINSZ
    {0x5414, IoctlArgument::In, 8},                                      // TIOCSWINSZ
    {0x541b, IoctlArgument::Out, 4},                                     // FIONREAD
    {0x5421, IoctlArgument::In, 4},                                      // FIONBIO
    {0x5420, IoctlArgument::In, 4},                                      // TIOCPKT
    {0x5424, IoctlArgument::Out, 4},                                     // TIOCGETD
    {0x80045430, IoctlArgument::Out, 4},                                 // TIOCGPTN
    {0x40045431, IoctlArgument::In, 4},                                  // TIOCSPTLCK
    {0x80045438, IoctlArgument::Out, 4},                                 // TIOCGPKT
    {0x80045439, IoctlArgument::Out, 4},                                 // TIOCGPTLCK
    {0x80045440, IoctlArgument::Out, 4},                                 // TIOCGEXCL
    {0x5441, IoctlArgument::Integer, 0, IoctlRule::ReturnsHandle},       // TIOCGPTPEER
    {0x5460, IoctlArgument::Out, 8},                                     // FIOQSIZE
    {0x40085400, IoctlArgument::In, 8},                                  // TFD_IOC_SET_TICKS (timerfd_create(2))
    {0x40049409, IoctlArgument::Handle, 0},                              // FICLONE
    {0x4020940d, IoctlArgument::In, 32, IoctlRule::CloneRange},          // FICLONERANGE
    {0x80086601, IoctlArgument::Out, 4},   // FS_IOC_GETFLAGS: an int, whatever the number says
    {0x40086602, IoctlArgument::In, 4},    // FS_IOC_SETFLAGS
    {0x80087601, IoctlArgument::Out, 4},   // FS_IOC_GETVERSION
    {0x801c581f, IoctlArgument::Out, 28},  // FS_IOC_FSGETXATTR
    {0x80045200, IoctlArgument::Out, 4},   // RNDGETENTCNT
    {0x8905, IoctlArgument::Out, 4},       // SIOCATMARK
    {0x8906, IoctlArgument::Out, 16},      // SIOCGSTAMP
    {0x8907, IoctlArgument::Out, 16},      // SIOCGSTAMPNS
    {0x8910, IoctlArgument::InOut, 40},    // SIOCGIFNAME: a struct ifreq, of which these use no pointer
    {0x8913, IoctlArgument::InOut, 40},    // SIOCGIFFLAGS
    {0x8915, IoctlArgument::InOut, 40},    // SIOCGIFADDR
    {0x8917, IoctlArgument::InOut, 40},    // SIOCGIFDSTADDR
    {0x8919, IoctlArgument::InOut, 40},    // SIOCGIFBRDADDR
    {0x891b, IoctlArgument::InOut, 40},    // SIOCGIFNETMASK
    {0x891d, IoctlArgument::InOut, 40},    // SIOCGIFMETRIC
    {0x8921, IoctlArgument::InOut, 40},    // SIOCGIFMTU
    {0x8927, IoctlArgument::InOut, 40},    // SIOCGIFHWADDR
    {0x8933, IoctlArgument::InOut, 40},    // SIOCGIFINDEX
    {0x8942, IoctlArgument::InOut, 40},    // SIOCGIFTXQLEN
};

// The shape of a request, or null.
constexpr const IoctlShape* find_ioctl(std::uint64_t request) {
  for (const IoctlShape& shape : ioctl_shapes) {
    if (shape.request == (request & 0xffff'ffffu)) {
      return &shape;
    }
  }
  return nullptr;
}

}  // namespace kx::abi
