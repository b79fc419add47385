// Whose ids others are told: siginfo of a signal, of SIGCHLD and waitid, peers of sockets: sigaction(2), unix(7).
#define _GNU_SOURCE
#include <sys/socket.h>

#include "identity.h"

static volatile sig_atomic_t told_uid, told_code;
static void on_signal(int number, siginfo_t* info, void* unused) {
  (void)number, (void)unused;
  told_uid = (int)info->si_uid;
  told_code = info->si_code;
}

CASE {
  if (!is_root()) return;
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  sigset_t usr1, old;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  NEED(sigaction(SIGUSR1, &action, NULL) == 0 && sigprocmask(SIG_BLOCK, &usr1, &old) == 0);
  const pid_t parent = getpid();
  int pair[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  pid_t pid;
  START(pid) {
    NEED(setresgid(61, 62, 63) == 0 && setresuid(51, 0, 53) == 0);
    NEED(kill(parent, SIGUSR1) == 0);
    NEED(setresuid(51, 52, 53) == 0);
    struct ucred peer;
    socklen_t size = sizeof peer;
    SHOW(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &size));
    say("socketpair: %u %u\n", peer.uid, peer.gid);
    int own[2];
    NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, own) == 0);
    SHOW(getsockopt(own[0], SOL_SOCKET, SO_PEERCRED, &peer, &size));
    say("own: %u %u\n", peer.uid, peer.gid);
  }
  siginfo_t info;
  NEED(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
  say("waitid: uid %u\n", info.si_uid);
  reap("child", pid);
  sigsuspend(&old);
  say("signal: uid %d, code %d\n", told_uid, told_code);
}
