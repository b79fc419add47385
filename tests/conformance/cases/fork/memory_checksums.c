// A random tree of processes, each of which changes memory at random: all find what they should: fork(2).
// marks: fork, lane
#include "relatives.h"

enum { pages = 256, depth = 4 };

static uint32_t* memory;
static uint32_t expected[pages];

static uint32_t next(uint32_t* state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static int wrong_pages(void) {
  int wrong = 0;
  for (int page = 0; page < pages; page++) wrong += memory[page * 1024 + page % 1024] != expected[page];
  return wrong;
}

static void change(uint32_t* state, int times) {
  for (int i = 0; i < times; i++) {
    int page = (int)(next(state) % pages);
    expected[page] = next(state);
    memory[page * 1024 + page % 1024] = expected[page];
  }
}

// Gives the number of wrong pages in this process and all below it.
static int grow(uint32_t state, int level) {
  change(&state, 60);
  int wrong = wrong_pages(), children = level < depth ? 1 + (int)(next(&state) % 3) : 0;
  pid_t started[4];
  for (int i = 0; i < children; i++) {
    uint32_t seed = next(&state);
    started[i] = must_fork();
    if (started[i] == 0) _exit(grow(seed, level + 1));
    change(&state, 20);
  }
  wrong += wrong_pages();
  for (int i = 0; i < children; i++) wrong += WEXITSTATUS(ended(started[i]));
  return wrong + wrong_pages();
}

CASE {
  memory = (uint32_t*)fresh_pages(pages);
  for (uint32_t seed = 1; seed <= 3; seed++) say("seed %u: %d wrong\n", seed, grow(seed, 0));
}
