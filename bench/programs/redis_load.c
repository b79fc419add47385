// Asks a Redis server on the loopback interface for one key. Prints one number.
// usage: redis_load PORT CONNECTIONS RATE SECONDS
//   RATE 0      closed loop: each connection asks again once it is answered; prints answers a second
//   RATE > 0    open loop: so many requests a second at equal distances, round robin over the connections, whether or
//   not
//               earlier ones are answered; prints the 99th percentile of the latency in nanoseconds. A request's
//               latency counts from the moment at which it was due, so that what a slow answer delays is not left out.
//               The first tenth of the requests is for warming up.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char request[] = "*2\r\n$3\r\nGET\r\n$16\r\nkey:__rand_int__\r\n";
enum { kRequestSize = sizeof request - 1, kOutstandingMax = 4096, kGraceSeconds = 10 };

struct connection {
  int fd;
  size_t received;  // bytes of an answer that is not complete yet
  uint64_t asked, answered;
  uint64_t due[kOutstandingMax];  // of the requests on their way, a ring
};

static struct connection* connections;
static int connection_count;
static size_t answer_size;
static uint64_t* latencies;
static uint64_t latency_count;
static uint64_t measured_from;

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static void give_up(const char* why) {
  fprintf(stderr, "redis_load: %s\n", why);
  exit(1);
}

static void ask(struct connection* c, uint64_t due) {
  if (c->asked - c->answered == kOutstandingMax) give_up("too many requests are not answered: the rate is too high");
  c->due[c->asked++ % kOutstandingMax] = due;
  if (send(c->fd, request, kRequestSize, MSG_NOSIGNAL) != kRequestSize) fail("send");
}

static int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int one = 1;
  if (fd < 0 || connect(fd, (struct sockaddr*)&address, sizeof address) != 0) fail("connect");
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0) fail("setsockopt");
  return fd;
}

// All answers are the same: the first, which comes alone, tells their size.
static size_t size_of_answer(int fd) {
  char buffer[256];
  if (send(fd, request, kRequestSize, MSG_NOSIGNAL) != kRequestSize) fail("send");
  const ssize_t size = recv(fd, buffer, sizeof buffer, 0);
  if (size <= 0) fail("recv");
  if (buffer[0] != '$' || buffer[size - 1] != '\n') give_up("the answer is not a string");
  return (size_t)size;
}

// Takes what has come; returns how many answers that completes.
static uint64_t take_answers(struct connection* c) {
  char buffer[16384];
  const ssize_t size = recv(c->fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (size < 0 && errno == EAGAIN) return 0;
  if (size < 0) fail("recv");
  if (size == 0) give_up("the server has closed a connection");
  const uint64_t now = now_ns();
  uint64_t complete = 0;
  for (c->received += (size_t)size; c->received >= answer_size; c->received -= answer_size) {
    if (c->asked == c->answered) give_up("an answer that nobody asked for");
    const uint64_t due = c->due[c->answered++ % kOutstandingMax];
    if (latencies != NULL && due >= measured_from) latencies[latency_count++] = now - due;
    ++complete;
  }
  return complete;
}

// Waits for answers, until `deadline` at most, and takes them.
static uint64_t wait_for_answers(int epoll, uint64_t deadline, int ask_again) {
  struct epoll_event events[64];
  const uint64_t now = now_ns();
  const uint64_t left = deadline > now ? deadline - now : 0;
  const struct timespec time = {.tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u)};
  const int ready = epoll_pwait2(epoll, events, 64, &time, NULL);
  if (ready < 0) fail("epoll_pwait2");
  uint64_t complete = 0;
  for (int i = 0; i < ready; ++i) {
    struct connection* c = events[i].data.ptr;
    const uint64_t answers = take_answers(c);
    for (uint64_t each = 0; ask_again && each < answers; ++each) ask(c, now);
    complete += answers;
  }
  return complete;
}

static double closed_loop(int epoll, uint64_t duration_ns) {
  const uint64_t start = now_ns();
  for (int i = 0; i < connection_count; ++i) ask(&connections[i], start);
  uint64_t answers = 0;
  while (now_ns() < start + duration_ns) answers += wait_for_answers(epoll, start + duration_ns, 1);
  return (double)answers * 1e9 / (double)(now_ns() - start);
}

static int compare(const void* a, const void* b) {
  const uint64_t x = *(const uint64_t*)a, y = *(const uint64_t*)b;
  return x < y ? -1 : x > y;
}

static double open_loop(int epoll, double rate, double seconds) {
  const uint64_t total = (uint64_t)(rate * seconds);
  if (total < 1000) give_up("fewer than 1000 requests have no 99th percentile");
  latencies = calloc(total, sizeof *latencies);
  if (latencies == NULL) fail("calloc");
  const uint64_t start = now_ns();
  measured_from = start + (uint64_t)(seconds * 1e8);
  uint64_t asked = 0, answered = 0;
  while (answered < total) {
    uint64_t next = start + (uint64_t)((double)asked * 1e9 / rate);
    for (const uint64_t now = now_ns(); asked < total && next <= now;) {
      ask(&connections[asked % (uint64_t)connection_count], next);
      next = start + (uint64_t)((double)++asked * 1e9 / rate);
    }
    const uint64_t end = start + (uint64_t)((seconds + kGraceSeconds) * 1e9);
    answered += wait_for_answers(epoll, asked < total ? next : end, 0);
    if (answered < total && now_ns() >= end) give_up("requests are not answered long after the last one");
  }
  qsort(latencies, latency_count, sizeof *latencies, compare);
  return (double)latencies[latency_count * 99 / 100];
}

int main(int argc, char** argv) {
  if (argc != 5 || (connection_count = atoi(argv[2])) <= 0 || atof(argv[4]) <= 0) {
    fprintf(stderr, "usage: redis_load PORT CONNECTIONS RATE SECONDS\n");
    return 2;
  }
  prctl(PR_SET_TIMERSLACK, 1);  // requests are due to the microsecond
  connections = calloc((size_t)connection_count, sizeof *connections);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (connections == NULL || epoll < 0) fail("redis_load");
  for (int i = 0; i < connection_count; ++i) {
    struct connection* c = &connections[i];
    c->fd = connect_to(atoi(argv[1]));
    answer_size = size_of_answer(c->fd);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) != 0) fail("epoll_ctl");
  }
  const double rate = atof(argv[3]), seconds = atof(argv[4]);
  printf("%.0f\n", rate > 0 ? open_loop(epoll, rate, seconds) : closed_loop(epoll, (uint64_t)(seconds * 1e9)));
  return 0;
}
