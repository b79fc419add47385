// system and popen: statuses, output, input, and that SIGCHLD and SIGINT are as before: system(3), popen(3).
// marks: fork
#include "relatives.h"

CASE {
  SHOW(system(NULL));
  say_status("true", system("true"));
  say_status("exit 7", system("exit 7"));
  say_status("missing", system("/no/such/program 2>/dev/null"));
  say_status("kill", system("kill -TERM $$"));
  say_status("kill below", system("sh -c 'kill -TERM $$'; exit $?"));
  say_status("echo", system("echo from the shell"));
  FILE* from = popen("echo one; echo two; exit 4", "r");
  NEED(from);
  char line[64];
  while (fgets(line, sizeof line, from)) say("read %s", line);
  say_status("pclose", pclose(from));
  FILE* to = popen("tr a-z A-Z", "w");
  NEED(to);
  fputs("upper case\n", to);
  say_status("pclose", pclose(to));
  SHOW(wait(NULL));
}
