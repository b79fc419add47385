// Different signals interrupt each other's handlers, and all frames return: sigaction(2).
#include "case.h"

static const int chain[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGHUP, SIGINT, SIGALRM};

static void on_signal(int number) {
  int kept = number * 1000;
  for (int i = 0; i < 6; i++)
    if (chain[i] == number) {
      say("%*s%s\n", 2 * i, "", signal_name(number));
      if (i < 5) raise(chain[i + 1]);
      say("%*s%s %s\n", 2 * i, "", signal_name(number), kept == number * 1000 ? "back" : "BROKEN");
    }
}

CASE {
  for (int i = 0; i < 6; i++) handle(chain[i], on_signal, 0);
  for (int round = 0; round < 2; round++) raise(SIGUSR1);
}
