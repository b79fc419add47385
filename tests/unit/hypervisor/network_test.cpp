// Networks of families, and the connections that are carried into them. Cases that change namespaces do so in a child.
#include "hypervisor/network/network.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <string>
#include <thread>

#include "hypervisor/network/port_forwarder.hpp"

namespace kx::hv {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// SAFETY (of the three): socket addresses for socket(7)'s calls.
UniqueFd listener(std::uint16_t& port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(fd.get(), 128), 0);
  EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  port = ntohs(address.sin_port);
  return fd;
}

UniqueFd connection_to(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return fd;
}

std::string read_all(int fd) {
  std::string text;
  char buffer[65536];
  for (ssize_t size; (size = ::read(fd, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(size));
  }
  return text;
}

void write_all(int fd, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t size = ::send(fd, text.data() + done, text.size() - done, MSG_NOSIGNAL);
    ASSERT_GT(size, 0);
    done += static_cast<std::size_t>(size);
  }
}

std::string large_text() {
  std::string text;
  for (int i = 0; text.size() < 3'000'000; ++i) {
    text += std::to_string(i);
  }
  return text;
}

// A forwarder in one network, whose listener and server are both here.
class Forwarding : public ::testing::Test {
 protected:
  Forwarding() {
    ::signal(SIGPIPE, SIG_IGN);  // as in kx
    server_ = listener(server_port_);
    std::vector<PublishedListener> published;
    published.push_back({listener(published_port_), server_port_});
    forwarder_ = std::move(*PortForwarder::start(std::move(published)));
  }
  UniqueFd accepted() { return UniqueFd(::accept4(server_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

  std::uint16_t server_port_ = 0, published_port_ = 0;
  UniqueFd server_;
  std::unique_ptr<PortForwarder> forwarder_;
};

TEST_F(Forwarding, BytesArriveBothWaysAndSoDoTheirEnds) {
  const std::string request = large_text();
  UniqueFd client = connection_to(published_port_);
  UniqueFd served = accepted();
  std::thread writer([&] {
    write_all(client.get(), request);
    ::shutdown(client.get(), SHUT_WR);
  });
  EXPECT_EQ(read_all(served.get()), request);
  writer.join();
  write_all(served.get(), "answer after the end of the request");
  served = UniqueFd();
  EXPECT_EQ(read_all(client.get()), "answer after the end of the request");
}

TEST_F(Forwarding, ManyConnectionsDoNotMix) {
  constexpr int count = 60;
  std::vector<UniqueFd> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(connection_to(published_port_));
    write_all(clients.back().get(), "this is client " + std::to_string(i));
    ::shutdown(clients.back().get(), SHUT_WR);
  }
  std::thread server([&] {
    for (int i = 0; i < count; ++i) {
      const UniqueFd served = accepted();
      write_all(served.get(), read_all(served.get()));
    }
  });
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ(read_all(clients[static_cast<std::size_t>(i)].get()), "this is client " + std::to_string(i));
  }
  server.join();
}

TEST_F(Forwarding, NobodyListensThere) {
  server_ = UniqueFd();
  const UniqueFd client = connection_to(published_port_);
  char byte;
  EXPECT_EQ(::read(client.get(), &byte, 1), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(Forwarding, AResetIsPassedOn) {
  UniqueFd client = connection_to(published_port_);
  const UniqueFd served = accepted();
  write_all(client.get(), "x");
  char byte;
  ASSERT_EQ(::read(served.get(), &byte, 1), 1);
  const linger reset{1, 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  client = UniqueFd();
  EXPECT_EQ(::read(served.get(), &byte, 1), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(Forwarding, EndsWithConnectionsOpen) {
  const UniqueFd client = connection_to(published_port_);
  const UniqueFd served = accepted();
  forwarder_.reset();
  EXPECT_EQ(read_all(client.get()), "");
}

TEST(Publishing, APortInUseIsNamed) {
  std::uint16_t port = 0;
  const UniqueFd busy = listener(port);
  NetworkConfig config;
  config.published = {{"127.0.0.1", port, 80}};
  const auto listeners = listen_on_published(config);
  ASSERT_FALSE(listeners);
  EXPECT_EQ(listeners.error().errno_value, EADDRINUSE);
  EXPECT_NE(listeners.error().message().find(std::to_string(port)), std::string::npos);
}

// Runs `body` in a child that may make namespaces; 77: it may not.
int run_apart(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(::geteuid() != 0 && ::unshare(CLONE_NEWUSER) != 0 ? 77 : body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Network, NoneHasALoopbackThatIsUpAndNothingElse) {
  const int status = run_apart([] {
    NetworkConfig config;
    config.kind = NetworkConfig::Kind::None;
    if (!enter_network(config)) {
      return 77;
    }
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) {
      return 1;
    }
    for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
      if (std::string(each->ifa_name) == "lo" && (each->ifa_flags & IFF_UP) == 0) {
        return 2;
      }
      // Some kernels put tunnels, which are down, into each new namespace.
      if (std::string(each->ifa_name) != "lo" && (each->ifa_flags & IFF_UP) != 0) {
        return 3;
      }
    }
    std::uint16_t port = 0;
    const UniqueFd server = listener(port);
    connection_to(port);
    return ::testing::Test::HasFailure() ? 4 : 0;
  });
  if (status == 77) {
    GTEST_SKIP() << "network namespaces cannot be made here";
  }
  EXPECT_EQ(status, 0);
}

TEST(Network, ANameThatIsNoNetworkIsRefused) {
  NetworkConfig config;
  config.kind = NetworkConfig::Kind::Named;
  config.name = "/etc/passwd";
  EXPECT_FALSE(enter_network(config));
  config.name = "no-such-network";
  const auto missing = enter_network(config);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().errno_value, ENOENT);
}

TEST(Network, NameServersBecomeAFile) {
  NetworkConfig config;
  config.name_servers = {"192.0.2.1", "2001:db8::1"};
  EXPECT_EQ(resolver_configuration(config), "nameserver 192.0.2.1\nnameserver 2001:db8::1\n");
}

}  // namespace
}  // namespace kx::hv
