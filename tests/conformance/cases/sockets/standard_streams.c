// A connection as standard input and output of another program, as inetd gives it: dup2(2), execve(2).
// marks: fork
#include <sys/socket.h>

#include "relatives.h"

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  pid_t child;
  START(child) {
    NEED(dup2(ends[1], STDIN_FILENO) == STDIN_FILENO && dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO);
    execl("/bin/sh", "sh", "-c", "while read word rest; do echo \"$word: $rest\"; done; echo end", (char*)NULL);
    _exit(98);
  }
  NEED(close(ends[1]) == 0);
  static const char* lines[] = {"one two three\n", "four five\n", "six\n"};
  char text[64];
  for (int i = 0; i < 3; i++) {
    NEED(write(ends[0], lines[i], strlen(lines[i])) == (ssize_t)strlen(lines[i]));
    ssize_t got = 0;
    do {
      ssize_t more = read(ends[0], text + got, sizeof text - (size_t)got);
      NEED(more > 0);
      got += more;
    } while (text[got - 1] != '\n');
    say("%.*s", (int)got, text);
  }
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  ssize_t got = recv(ends[0], text, 4, MSG_WAITALL);
  say("%.*s", (int)got, text);
  SHOW(read(ends[0], text, sizeof text));
  reap("shell", child);
}
