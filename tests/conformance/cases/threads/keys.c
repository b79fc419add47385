// As many keys as the limit says, used again after deletion, whose values in threads begin empty:
// pthread_key_create(3p). marks: threads
#include <pthread.h>

#include "case.h"

static pthread_key_t keys[PTHREAD_KEYS_MAX];
static int count, destroyed;

static void destroy(void* value) {
  destroyed += (int)(long)value;
}

static void* body(void* unused) {
  int wrong = 0;
  for (int i = 0; i < count; i++) {
    wrong += pthread_getspecific(keys[i]) != NULL;
    wrong += pthread_setspecific(keys[i], (void*)(long)(i + 1)) != 0;
  }
  for (int i = 0; i < count; i++) wrong += pthread_getspecific(keys[i]) != (void*)(long)(i + 1);
  SHOW(wrong);
  return unused;
}

CASE {
  pthread_t thread;
  int code = 0;
  while (count < PTHREAD_KEYS_MAX && (code = pthread_key_create(&keys[count], destroy)) == 0) count++;
  say("many %d, %s\n", count > 1000, errno_name(code));
  pthread_key_t more;
  SHOW_CODE(pthread_key_create(&more, NULL));
  NEED(pthread_setspecific(keys[5], "main's") == 0);
  NEED(pthread_create(&thread, NULL, body, NULL) == 0 && pthread_join(thread, NULL) == 0);
  CHECK(destroyed == count * (count + 1) / 2);
  SHOW_CODE(pthread_key_delete(keys[5]));
  SHOW_CODE(pthread_key_delete(keys[5]));
  CHECK(pthread_getspecific(keys[5]) == NULL);
  SHOW_CODE(pthread_setspecific(keys[5], "x"));
  SHOW_CODE(pthread_key_create(&more, NULL));
  CHECK(pthread_getspecific(more) == NULL);
}
