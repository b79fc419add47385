// TCP and UDP over the loopback device, for cases about sockets.
#ifndef KX_NET_H
#define KX_NET_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "relatives.h"

#define ADDRESS(address) ((struct sockaddr*)&(address)), sizeof(address)

static KX_UNUSED struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// The address that the kernel gave this socket.
static KX_UNUSED struct sockaddr_in name_of(int fd) {
  struct sockaddr_in address = {0};
  socklen_t size = sizeof address;
  NEED(getsockname(fd, (struct sockaddr*)&address, &size) == 0 && size == sizeof address);
  return address;
}

// A socket of this type bound to a free port of 127.0.0.1.
static KX_UNUSED int bound_socket(int type) {
  int fd = socket(AF_INET, type, 0);
  struct sockaddr_in address = loopback(0);
  NEED(fd >= 0 && bind(fd, ADDRESS(address)) == 0);
  return fd;
}

static KX_UNUSED int tcp_listener(void) {
  int fd = bound_socket(SOCK_STREAM);
  NEED(listen(fd, 16) == 0);
  return fd;
}

// A socket connected to where this one is bound.
static KX_UNUSED int connected_to(int listener) {
  struct sockaddr_in address = name_of(listener);
  int type;
  socklen_t size = sizeof type;
  NEED(getsockopt(listener, SOL_SOCKET, SO_TYPE, &type, &size) == 0);
  int fd = socket(AF_INET, type, 0);
  NEED(fd >= 0 && connect(fd, ADDRESS(address)) == 0);
  return fd;
}

// Two ends of a TCP connection: ends[0] connected, ends[1] was accepted.
static KX_UNUSED void tcp_pair(int ends[2]) {
  int listener = tcp_listener();
  ends[0] = connected_to(listener);
  ends[1] = accept(listener, NULL, NULL);
  NEED(ends[1] >= 0 && close(listener) == 0);
}

// Two UDP sockets, each connected to the other.
static KX_UNUSED void udp_pair(int ends[2]) {
  ends[0] = bound_socket(SOCK_DGRAM);
  ends[1] = connected_to(ends[0]);
  struct sockaddr_in address = name_of(ends[1]);
  NEED(connect(ends[0], ADDRESS(address)) == 0);
}

// Waits until one of these events is there; what the network carries takes a moment even to the same machine.
static KX_UNUSED void await(int fd, short events) {
  struct pollfd one = {fd, events, 0};
  int got;
  do got = poll(&one, 1, 60000);
  while (got == -1 && errno == EINTR);
  NEED(got == 1);
}

// Waits until so many bytes can be read.
static KX_UNUSED void await_bytes(int fd, int count) {
  for (int there = 0; there < count;) {
    await(fd, POLLIN);
    NEED(ioctl(fd, FIONREAD, &there) == 0);
    if (there < count) nap();
  }
}

// The value of an option that is an int; -1 if it cannot be had.
static KX_UNUSED int option_of(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
}

static KX_UNUSED int set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value);
}

static KX_UNUSED void send_all(int fd, const void* data, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t sent = send(fd, (const char*)data + done, size - done, MSG_NOSIGNAL);
    NEED(sent > 0);
    done += (size_t)sent;
  }
}

#endif
