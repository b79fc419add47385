// Allocates, formats, sorts, reads a file and the environment: built with several C libraries and ways of linking.
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Thread_local int counter = 7;
static volatile sig_atomic_t caught;

static void on_signal(int number) {
  caught = number;
}

static void* work(void* argument) {
  counter += *(int*)argument;
  return (void*)(long)counter;
}

static int compare(const void* a, const void* b) {
  return strcmp(*(char* const*)a, *(char* const*)b);
}

int main(int argc, char** argv) {
  printf("%d arguments, last %s, HOME=%s\n", argc, argv[argc - 1], getenv("HOME"));
  char* words[] = {"pear", "apple", "fig"};
  qsort(words, 3, sizeof *words, compare);
  printf("%s %s %s %.6f %a\n", words[0], words[1], words[2], exp(1), 0.1);
  pthread_t thread;
  int add = 3;
  void* result = NULL;
  if (pthread_create(&thread, NULL, work, &add) != 0 || pthread_join(thread, &result) != 0) {
    return 1;
  }
  printf("thread-local %ld and %d\n", (long)result, counter);
  signal(SIGUSR1, on_signal);
  raise(SIGUSR1);
  printf("caught %d\n", (int)caught);
  char* block = malloc(50 << 20);
  memset(block, 'x', 50 << 20);
  block = realloc(block, 80 << 20);
  printf("%c %c\n", block[0], block[(50 << 20) - 1]);
  free(block);
  FILE* file = fopen("/no/such/file", "r");
  printf("%s %s\n", file ? "opened" : "not opened", strerror(errno));
  struct tm day;
  time_t epoch = 86400 * 365;
  gmtime_r(&epoch, &day);
  char text[64];
  strftime(text, sizeof text, "%Y-%m-%d %H:%M", &day);
  puts(text);
  fprintf(stderr, "to stderr\n");
  return 42;
}
