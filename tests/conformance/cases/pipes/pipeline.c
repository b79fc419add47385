// A pipeline of three programs made by hand: sort, uniq and wc: pipe(2), dup2(2).
// marks: fork, lane
#include "relatives.h"

static pid_t program(int in, int out, char* const* words) {
  pid_t child;
  START(child) {
    NEED(dup2(in, 0) == 0 && dup2(out, 1) == 1);
    execvp(words[0], words);
    _exit(127);
  }
  return child;
}

CASE {
  int pipes[4][2];
  for (int i = 0; i < 4; i++) NEED(pipe2(pipes[i], O_CLOEXEC) == 0);
  char *sort[] = {"sort", NULL}, *uniq[] = {"uniq", "-c", NULL}, *head[] = {"sed", "s/^ *//", NULL};
  pid_t children[3] = {program(pipes[0][0], pipes[1][1], sort), program(pipes[1][0], pipes[2][1], uniq),
                       program(pipes[2][0], pipes[3][1], head)};
  for (int i = 0; i < 4; i++) {
    if (i > 0) close(pipes[i][1]);
    if (i < 3) close(pipes[i][0]);
  }
  FILE* to = fdopen(pipes[0][1], "w");
  for (int i = 0; i < 300; i++) fprintf(to, "line %d\n", i * 7 % 5);
  fclose(to);
  FILE* from = fdopen(pipes[3][0], "r");
  char line[64];
  while (fgets(line, sizeof line, from)) say("%s", line);
  for (int i = 0; i < 3; i++) reap("member", children[i]);
}
