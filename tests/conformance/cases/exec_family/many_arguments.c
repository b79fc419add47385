// Long arguments and many of them; one above 128 KiB is refused: execve(2).
// marks: fork
#include "rerun.h"

AGAIN {
  long count = 0, size = 0;
  for (; words[count]; count++) size += (long)strlen(words[count]);
  say("%ld arguments, %ld characters\n", count, size);
  return 0;
}

CASE {
  static char* words[5004];
  static char argument[140000];
  words[0] = own_words[0];
  words[1] = own_words[1];
  for (int i = 0; i < 5000; i++) words[i + 2] = i % 2 ? "an argument" : "";
  pid_t child;
  START(child) execv("/proc/self/exe", words);
  reap("many", child);
  memset(argument, 'x', sizeof argument - 1);
  words[3] = NULL;
  words[2] = argument;
  START(child) SHOW(execv("/proc/self/exe", words));
  reap("too long", child);
  argument[131071] = 0;
  START(child) execv("/proc/self/exe", words);
  reap("long enough", child);
}
