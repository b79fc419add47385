// For cases that execute themselves again: CASE is the first run, AGAIN the one after rerun(), with its words.
#ifndef KX_RERUN_H
#define KX_RERUN_H

#ifndef KX_CASE_OWN_MAIN
#define KX_CASE_OWN_MAIN
#endif
#include "relatives.h"

static void case_body(void);
static int again(char** words);
static char** own_words;

// Executes this program once more; AGAIN sees the two words, either of which may be missing.
static KX_UNUSED _Noreturn void rerun(const char* first, const char* second) {
  char* words[] = {own_words[0], own_words[1], (char*)first, (char*)second, NULL};
  execv("/proc/self/exe", words);
  say("execv: %s\n", errno_name(errno));
  _exit(98);
}

int main(int argc, char** argv) {
  own_words = argv;
  if (argc > 2) return again(argv + 2);
  umask(022);
  if (argc < 2 || chdir(argv[1]) != 0) {
    say("usage: %s DIRECTORY\n", argv[0]);
    return 97;
  }
  case_body();
  return 0;
}

#define CASE static void case_body(void)
// Gives the exit status; the directory is the one that the first run left.
#define AGAIN static int again(char** words KX_UNUSED)

#endif
