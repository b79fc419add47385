// A POSIX message queue with a name that no other run has.
#ifndef KX_QUEUE_H
#define KX_QUEUE_H

#include <mqueue.h>
#include <sys/random.h>

#ifndef KX_RELATIVES_H
#include "relatives.h"
#endif

static char queue_name[64];

static KX_UNUSED mqd_t fresh_queue(int flags, struct mq_attr* attributes) {
  uint64_t number;
  NEED(getrandom(&number, sizeof number, 0) == sizeof number);
  snprintf(queue_name, sizeof queue_name, "/kx-case-%016lx", number);
  mqd_t queue = mq_open(queue_name, flags, 0600, attributes);
  NEED(queue >= 0);
  return queue;
}

#endif
