#include "hypervisor/services/socket_policy.hpp"

#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>

namespace kx::hv {

namespace {

constexpr int socket_level[] = {
    SO_DEBUG,
    SO_REUSEADDR,
    SO_TYPE,
    SO_ERROR,
    SO_DONTROUTE,
    SO_BROADCAST,
    SO_SNDBUF,
    SO_RCVBUF,
    SO_KEEPALIVE,
    SO_OOBINLINE,
    SO_PRIORITY,
    SO_LINGER,
    SO_REUSEPORT,
    SO_PASSCRED,
    SO_PEERCRED,
    SO_RCVLOWAT,
    SO_SNDLOWAT,
    SO_RCVTIMEO,
    SO_SNDTIMEO,
    SO_TIMESTAMP,
    SO_TIMESTAMPNS,
    SO_ACCEPTCONN,
    SO_PROTOCOL,
    SO_DOMAIN,
    SO_BINDTODEVICE,
    SO_MARK,
    SO_RXQ_OVFL,
    SO_PEEK_OFF,
    SO_BUSY_POLL,
    SO_INCOMING_CPU,
    SO_MEMINFO,
    SO_COOKIE,
    SO_TIMESTAMPING,
    SO_PEERGROUPS,
    SO_PEERSEC,
    SO_PASSSEC,
    SO_DETACH_FILTER,
    SO_LOCK_FILTER,
    SO_SNDBUFFORCE,
    SO_RCVBUFFORCE,
    SO_ZEROCOPY,
    SO_RCVTIMEO_NEW,
    SO_SNDTIMEO_NEW,
    SO_TIMESTAMP_NEW,
    SO_TIMESTAMPNS_NEW,
    SO_TIMESTAMPING_NEW,
    SO_PREFER_BUSY_POLL,
    SO_BUSY_POLL_BUDGET,
    SO_NETNS_COOKIE,
    SO_INCOMING_NAPI_ID,
    SO_MAX_PACING_RATE,
    SO_NOFCS,
    SO_SELECT_ERR_QUEUE,
    SO_WIFI_STATUS,
};

constexpr int ip_level[] = {
    IP_TOS,
    IP_TTL,
    IP_HDRINCL,
    IP_OPTIONS,
    IP_RECVOPTS,
    IP_RETOPTS,
    IP_PKTINFO,
    IP_MTU_DISCOVER,
    IP_RECVERR,
    IP_RECVTTL,
    IP_RECVTOS,
    IP_MTU,
    IP_FREEBIND,
    IP_MINTTL,
    IP_NODEFRAG,
    IP_CHECKSUM,
    IP_MULTICAST_IF,
    IP_MULTICAST_TTL,
    IP_MULTICAST_LOOP,
    IP_ADD_MEMBERSHIP,
    IP_DROP_MEMBERSHIP,
    IP_ADD_SOURCE_MEMBERSHIP,
    IP_DROP_SOURCE_MEMBERSHIP,
    IP_BLOCK_SOURCE,
    IP_UNBLOCK_SOURCE,
    IP_MULTICAST_ALL,
    IP_UNICAST_IF,
    IP_BIND_ADDRESS_NO_PORT,
    IP_RECVORIGDSTADDR,
    IP_TRANSPARENT,
    51 /* IP_LOCAL_PORT_RANGE */,
};

constexpr int ipv6_level[] = {
    IPV6_ADDRFORM,
    IPV6_2292PKTINFO,
    IPV6_CHECKSUM,
    IPV6_2292HOPLIMIT,
    IPV6_UNICAST_HOPS,
    IPV6_MULTICAST_IF,
    IPV6_MULTICAST_HOPS,
    IPV6_MULTICAST_LOOP,
    IPV6_JOIN_GROUP,
    IPV6_LEAVE_GROUP,
    IPV6_MTU_DISCOVER,
    IPV6_MTU,
    IPV6_RECVERR,
    IPV6_V6ONLY,
    IPV6_RECVPKTINFO,
    IPV6_PKTINFO,
    IPV6_RECVHOPLIMIT,
    IPV6_HOPLIMIT,
    IPV6_RECVTCLASS,
    IPV6_TCLASS,
    IPV6_DONTFRAG,
    IPV6_UNICAST_IF,
    IPV6_AUTOFLOWLABEL,
    IPV6_ADDR_PREFERENCES,
    IPV6_MINHOPCOUNT,
    IPV6_FREEBIND,
    IPV6_RECVORIGDSTADDR,
    IPV6_TRANSPARENT,
    29 /* IPV6_MULTICAST_ALL */,
};

constexpr int tcp_level[] = {
    TCP_NODELAY,
    TCP_MAXSEG,
    TCP_CORK,
    TCP_KEEPIDLE,
    TCP_KEEPINTVL,
    TCP_KEEPCNT,
    TCP_SYNCNT,
    TCP_LINGER2,
    TCP_DEFER_ACCEPT,
    TCP_WINDOW_CLAMP,
    TCP_INFO,
    TCP_QUICKACK,
    TCP_CONGESTION,
    TCP_USER_TIMEOUT,
    TCP_FASTOPEN,
    TCP_TIMESTAMP,
    TCP_NOTSENT_LOWAT,
    TCP_CC_INFO,
    TCP_SAVE_SYN,
    TCP_SAVED_SYN,
    TCP_FASTOPEN_CONNECT,
    TCP_FASTOPEN_NO_COOKIE,
    TCP_INQ,
    TCP_TX_DELAY,
    TCP_THIN_LINEAR_TIMEOUTS,
    TCP_THIN_DUPACK,
};

constexpr int udp_level[] = {UDP_CORK, 103 /* UDP_SEGMENT */, 104 /* UDP_GRO */};

// Group requests for both protocols (MCAST_JOIN_GROUP .. MCAST_LEAVE_SOURCE_GROUP) carry addresses, no pointers.
bool is_group_request(int name) {
  return name >= MCAST_JOIN_GROUP && name <= MCAST_LEAVE_SOURCE_GROUP;
}

template <std::size_t count>
bool listed(const int (&list)[count], int name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

}  // namespace

bool socket_allowed(int domain, int type, int protocol) {
  (void)type;  // raw sockets need a capability, which the host checks
  switch (domain) {
    case AF_UNIX:
    case AF_INET:
    case AF_INET6:
      return true;
    case AF_NETLINK:
      return protocol == NETLINK_ROUTE;
    default:
      return false;
  }
}

bool socket_option_allowed(int level, int name) {
  switch (level) {
    case SOL_SOCKET:
      return listed(socket_level, name);
    case IPPROTO_IP:
      return listed(ip_level, name) || is_group_request(name);
    case IPPROTO_IPV6:
      return listed(ipv6_level, name) || is_group_request(name);
    case IPPROTO_TCP:
      return listed(tcp_level, name);
    case IPPROTO_UDP:
      return listed(udp_level, name);
    case SOL_NETLINK:
      return name == NETLINK_ADD_MEMBERSHIP || name == NETLINK_DROP_MEMBERSHIP || name == NETLINK_PKTINFO ||
             name == NETLINK_EXT_ACK || name == NETLINK_GET_STRICT_CHK;
    default:
      return false;
  }
}

bool is_socket_level(int level) {
  return level == SOL_SOCKET || level == IPPROTO_IP || level == IPPROTO_IPV6 || level == IPPROTO_TCP ||
         level == IPPROTO_UDP || level == SOL_NETLINK;
}

}  // namespace kx::hv
