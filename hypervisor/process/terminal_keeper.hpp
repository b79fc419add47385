// TerminalKeeper: a small process beside kx whose children are the controlling processes of pseudo-terminals.
//
// The host's kernel sends the signals of a terminal (Ctrl-C, a new size, the end of the master) to the session that has
// it, and a session belongs to one process. All of a family is one process, so that each terminal that is a session's
// in the family needs another one on the host: it does nothing but take the terminal, and report the signals it gets.
#pragma once

#include <cstdint>

#include "hypervisor/error.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

class TerminalKeeper {
 public:
  // Terminals at a time, numbered from 0.
  static constexpr std::uint32_t most_terminals = 128;

  // Knows no process: every terminal is refused.
  TerminalKeeper() = default;

  // Makes the keeper's process, which ends with this one; it and those it makes are not to be waited for if SIGCHLD is
  // ignored. To be called before the first vCPU runs, with privileges
  // dropped already: it keeps nothing but its socket, and gets a system-call filter of its own. It shares this
  // process's memory, as copying that would cost more.
  static Result<TerminalKeeper> start();

  // Makes a process that has the terminal behind `fd` as its controlling one. 0 or -errno. `channel`, open even then:
  // gives the number of each signal that the kernel sends, as a message of four bytes. A message to it ends the
  // process, which frees the terminal; the channel's end says when that is done. Not before may `number` be used again.
  std::int64_t hold(int fd, std::uint32_t number, UniqueFd& channel) const;

  // Returns once the keeper has its filter, as it must before a guest runs. False: it does not come to it.
  [[nodiscard]] bool wait_until_confined() const;

  // Ends the keeper; nothing can be held any more.
  void end() const;

 private:
  TerminalKeeper(UniqueFd requests, std::uint32_t* confined) : requests_(std::move(requests)), confined_(confined) {}

  UniqueFd requests_;
  std::uint32_t* confined_ = nullptr;  // set by the keeper
};

}  // namespace kx::hv
