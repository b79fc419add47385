// An unnamed semaphore in shared memory: the child waits, the parent posts, and both ways in turns: sem_init(3).
// marks: fork
// variants: musl
#include <semaphore.h>

#include "relatives.h"

CASE {
  sem_t* semaphores = shared_memory(KX_PAGE);
  SHOW(sem_init(&semaphores[0], 1, 0));
  SHOW(sem_init(&semaphores[1], 1, 0));
  int value = -1;
  pid_t child;
  START(child) for (int i = 0; i < 100; i++) NEED(sem_wait(&semaphores[0]) == 0 && sem_post(&semaphores[1]) == 0);
  for (int i = 0; i < 100; i++) NEED(sem_post(&semaphores[0]) == 0 && sem_wait(&semaphores[1]) == 0);
  reap("child", child);
  SHOW(sem_getvalue(&semaphores[0], &value));
  SHOW(value);
  SHOW(sem_trywait(&semaphores[0]));
  struct timespec past = {1, 0};
  SHOW(sem_timedwait(&semaphores[0], &past));
}
