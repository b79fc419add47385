// What cases about pipes between processes that are awake share: two pipes to a child that answers each byte at once.
#ifndef KX_HOT_H
#define KX_HOT_H

#include "relatives.h"

struct line {
  int to[2], from[2];
  pid_t child;
};

// Exchanges bytes until both sides are used to it; the pipes are empty afterwards.
static KX_UNUSED void warm_up(struct line* line) {
  enum { rounds = 500 };
  NEED(pipe(line->to) == 0 && pipe(line->from) == 0);
  line->child = must_fork();
  char byte = 'x';
  for (int i = 0; i < rounds; i++) {
    if (line->child == 0) {
      NEED(read(line->to[0], &byte, 1) == 1 && write(line->from[1], &byte, 1) == 1);
    } else {
      NEED(write(line->to[1], &byte, 1) == 1 && read(line->from[0], &byte, 1) == 1);
    }
  }
}

static KX_UNUSED void must_write(int fd, const void* bytes, size_t size) {
  for (size_t done = 0; done < size;) {
    const ssize_t part = write(fd, (const char*)bytes + done, size - done);
    NEED(part > 0);
    done += (size_t)part;
  }
}

static KX_UNUSED void must_read(int fd, void* bytes, size_t size) {
  for (size_t done = 0; done < size;) {
    const ssize_t part = read(fd, (char*)bytes + done, size - done);
    NEED(part > 0);
    done += (size_t)part;
  }
}

// The next of a row of numbers that both sides know.
static KX_UNUSED uint32_t next_number(uint32_t* state) {
  return *state = *state * 1664525u + 1013904223u;
}

#endif
