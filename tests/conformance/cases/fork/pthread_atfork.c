// Handlers of pthread_atfork: prepare in reverse order, parent and child in order: pthread_atfork(3).
// marks: fork
// variants: musl
#include <pthread.h>

#include "relatives.h"

static char trail[64];

static void note(char mark) {
  size_t length = strlen(trail);
  trail[length] = mark;
}

static void prepare_1(void) {
  note('p');
}
static void prepare_2(void) {
  note('P');
}
static void parent_1(void) {
  note('a');
}
static void parent_2(void) {
  note('A');
}
static void child_1(void) {
  note('c');
}
static void child_2(void) {
  note('C');
}

CASE {
  SHOW_CODE(pthread_atfork(prepare_1, parent_1, child_1));
  SHOW_CODE(pthread_atfork(prepare_2, parent_2, child_2));
  SHOW_CODE(pthread_atfork(NULL, NULL, NULL));
  pid_t child, grandchild;
  START(child) {
    say("child: %s\n", trail);
    START(grandchild) say("grandchild: %s\n", trail);
    reap("grandchild", grandchild);
    say("child: %s\n", trail);
  }
  reap("child", child);
  say("parent: %s\n", trail);
}
