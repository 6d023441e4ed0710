// Connections without a thread: who gets a place, who is turned away, who is late; in any order of bytes.
#include "control/server/reception.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>

namespace sallyport::control::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kAsk = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr const char* kTurnedAway = "HTTP/1.1 503 too_many_connections\r\n";

std::pair<sockaddr_un, socklen_t> address_of(const std::string& name) {
  const std::string full = std::string(1, '\0') + "sallyport-reception-" + std::to_string(getpid()) + "/" + name;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  full.copy(address.sun_path, sizeof(address.sun_path));
  return {address, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + full.size())};
}

// A client that says who it is by the name of its own end: "root.3" is root, and favoured.
class Client {
 public:
  explicit Client(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    const timeval patience{60, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    const auto [own, own_size] = address_of(name);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&own), own_size), 0);
    const auto [other, other_size] = address_of("listener");
    EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&other), other_size), 0);
  }
  Client(const std::string& name, const std::string& says) : Client(name) { say(says); }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void say(const std::string& bytes) const {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    EXPECT_TRUE(sent == static_cast<ssize_t>(bytes.size()) || errno == EPIPE);  // turned away meanwhile
  }
  void say_no_more() const { shutdown(socket_, SHUT_WR); }
  [[nodiscard]] std::string hears() const {
    std::string all;
    std::array<char, 65536> chunk;
    ssize_t got = 0;
    while ((got = receive(chunk.data(), chunk.size(), 0)) > 0) all.append(chunk.data(), static_cast<std::size_t>(got));
    EXPECT_TRUE(got == 0 || errno == ECONNRESET) << std::strerror(errno);
    return all;
  }
  void hears_something() const {
    char first = 0;
    EXPECT_EQ(receive(&first, 1, MSG_PEEK), 1);
  }
  // The other end is gone altogether.
  [[nodiscard]] bool left_alone() const {
    pollfd entry{socket_, 0, 0};
    return poll(&entry, 1, 60000) == 1 && (entry.revents & POLLHUP) != 0;
  }

 private:
  // A process that was stopped and goes on finds its waiting with a timeout interrupted.
  ssize_t receive(char* data, std::size_t size, int flags) const {
    ssize_t got = 0;
    do {
      got = recv(socket_, data, size, flags);
    } while (got < 0 && errno == EINTR);
    return got;
  }

  int socket_;
};

class ReceptionTest : public ::testing::Test {
 protected:
  void open(const ReceptionLimits& limits) {
    listen_with(limits);
    reception->open(listening);
  }
  // Clients may connect and speak; nobody is received yet, and no deadline runs.
  void listen_with(const ReceptionLimits& limits) {
    listening = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const auto [address, size] = address_of("listener");
    ASSERT_EQ(bind(listening, reinterpret_cast<const sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listening, 128), 0);
    reception.emplace(
        "test", limits, [](int socket) { return guest_at(socket); },
        [this](int socket, const Guest& guest, std::string bytes, std::size_t head) {
          {
            const std::scoped_lock lock(mutex);
            served.push_back({socket, bytes.substr(head)});
          }
          changed.notify_all();
          if (!holds) reception->farewell(socket, "hello " + guest.who + large);
        });
  }
  void TearDown() override {
    if (reception) reception->close();
  }

  static std::optional<Guest> guest_at(int socket) {
    sockaddr_un address{};
    socklen_t size = sizeof(address);
    getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size);
    const std::string full(address.sun_path, size - offsetof(sockaddr_un, sun_path));
    const std::string name = full.substr(full.rfind('/') + 1);
    if (name.starts_with("nobody")) return std::nullopt;
    const std::string who = name.substr(0, name.find('.'));
    return Guest{who, who == "root"};
  }
  void wait_until_served(std::size_t count) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return served.size() >= count; }));
  }

  void forget_served() {
    const std::scoped_lock lock(mutex);
    served.clear();
  }
  std::string first_begun() {
    const std::scoped_lock lock(mutex);
    return served.at(0).begun;
  }

  int listening = -1;
  struct Served {
    int socket;
    std::string begun;  // what came after the head
  };
  std::optional<Reception> reception;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Served> served;
  bool holds = false;  // requests are taken and not answered
  std::string large;
};

TEST_F(ReceptionTest, WhoSaysNothingMakesPlaceForWhoSpeaks) {
  open({.head = hours(1), .favoured = 2, .others = 4, .of_one = 2});
  std::deque<Client> silent;
  for (const char* name : {"ann.1", "ann.2", "ann.3", "bob.1", "bob.2"}) silent.emplace_back(name, "GET /");
  EXPECT_THAT(silent[0].hears(), StartsWith(kTurnedAway)) << "two places for ann alone";
  EXPECT_EQ(Client("carl.1", kAsk).hears(), "hello carl");
  EXPECT_THAT(silent[1].hears(), StartsWith(kTurnedAway)) << "four places for all, the oldest goes";
  EXPECT_EQ(reception->refused(), 2U);
  for (const char* name : {"root.1", "root.2"}) silent.emplace_back(name, "");
  EXPECT_EQ(Client("root.3", kAsk).hears(), "hello root");
  EXPECT_THAT(silent[5].hears(), StartsWith(kTurnedAway));
  silent[2].say(" HTTP/1.1\r\n\r\n");
  EXPECT_EQ(silent[2].hears(), "hello ann") << "nobody lost a place to root";
  EXPECT_EQ(Client("nobody", "").hears(), "");
}

TEST_F(ReceptionTest, AHundredThatSayNothingHoldNobodyUp) {
  open({.head = hours(1), .favoured = 16, .others = 16, .of_one = 8});
  std::deque<Client> silent;
  for (int i = 0; i < 100; ++i) {
    silent.emplace_back("ann." + std::to_string(i), i % 2 == 0 ? "" : "POST / HTTP/1.1\r\nContent-");
    silent.emplace_back("user" + std::to_string(i), "");
    silent.emplace_back("root." + std::to_string(i), "");
  }
  for (const char* who : {"root", "ann", "bob"}) EXPECT_EQ(Client(who, kAsk).hears(), std::string("hello ") + who);
}

TEST_F(ReceptionTest, WhoIsWorkedForIsNotCut) {
  holds = true;
  open({.head = hours(1), .favoured = 1, .others = 2, .of_one = 2});
  const Client ann("ann.1", kAsk), bob("bob.1", std::string(kAsk) + "and more");
  wait_until_served(2);
  EXPECT_THAT(Client("carl.1", kAsk).hears(), StartsWith(kTurnedAway));
  EXPECT_THAT(Client("ann.2", kAsk).hears(), StartsWith(kTurnedAway));
  const Client root("root.1", kAsk);
  wait_until_served(3);
  EXPECT_THAT(Client("root.2", kAsk).hears(), HasSubstr("all places for connections of root are taken"));
  for (const Served& each : served) reception->farewell(each.socket, "done" + each.begun);
  EXPECT_EQ(ann.hears(), "done");
  EXPECT_EQ(bob.hears(), "doneand more");
  EXPECT_EQ(root.hears(), "done");
  EXPECT_EQ(reception->refused(), 3U);
}

TEST_F(ReceptionTest, WhoIsLateIsToldSo) {
  listen_with({.head = milliseconds(30), .farewell = milliseconds(30)});
  const Client silent("ann.1"), half("ann.2", "GET / HTTP/1.1\r\nHo"), stays("bob.1", kAsk);
  reception->open(listening);
  EXPECT_EQ(silent.hears(), "");
  EXPECT_THAT(half.hears(), StartsWith("HTTP/1.1 408 request_timeout\r\n"));
  EXPECT_EQ(stays.hears(), "hello bob");
  EXPECT_TRUE(stays.left_alone());
  EXPECT_TRUE(half.left_alone());
  EXPECT_EQ(reception->refused(), 0U);
}

TEST_F(ReceptionTest, HeadsEndWhereTheyEnd) {
  open({.head = hours(1), .head_bytes = 100});
  const std::string long_head = "GET / HTTP/1.1\r\nX: " + std::string(100, 'x') + "\r\n\r\n";
  const struct {
    const char* what;
    std::string bytes;
    const char* answer;
    const char* begun;
  } rows[] = {
      {"a head", kAsk, "hello", ""},
      {"a body behind it", std::string(kAsk) + "\r\n\r\nbody", "hello", "\r\n\r\nbody"},
      {"a long body behind it", std::string(kAsk) + std::string(200, 'b'), "hello", nullptr},
      {"lines without CR", "GET / HTTP/1.1\n\nx", "hello", "x"},
      {"one of the two without", "GET / HTTP/1.1\n\r\n", "hello", ""},
      {"nothing but an end", "\r\n\r\n", "hello", ""},
      {"a head that is too long", long_head, "HTTP/1.1 431 head_too_large\r\n", nullptr},
      {"a line without an end", std::string(300, 'A'), "HTTP/1.1 431 head_too_large\r\n", nullptr},
      {"an end within the head", "GET / HTTP/1.1\r\n", "HTTP/1.1 400 bad_request\r\n", nullptr},
      {"nothing", "", "", nullptr},
  };
  for (const auto& row : rows) {
    for (const bool at_once : {true, false}) {
      SCOPED_TRACE(std::string(row.what) + (at_once ? "" : ", byte by byte"));
      forget_served();
      const Client client("ann.1");
      if (at_once) client.say(row.bytes);
      for (std::size_t i = 0; !at_once && i < std::min<std::size_t>(row.bytes.size(), 120); ++i) {
        client.say(row.bytes.substr(i, 1));
        if (row.answer == std::string_view("hello") &&
            i + 1 == row.bytes.size() - (row.begun ? strlen(row.begun) : 200))
          break;
      }
      client.say_no_more();
      EXPECT_THAT(client.hears(), StartsWith(row.answer));
      if (at_once && row.begun != nullptr) {
        EXPECT_EQ(first_begun(), row.begun);
      }
    }
  }
}

TEST_F(ReceptionTest, ALargeAnswerWaitsForItsReaderAndNobodyElseDoes) {
  large = std::string(8U << 20U, 'x');
  open({.head = hours(1), .farewell = hours(1)});
  const Client slow("ann.1", kAsk);
  wait_until_served(1);
  EXPECT_EQ(Client("bob.1", kAsk).hears().size(), large.size() + 9);
  EXPECT_EQ(slow.hears().size(), large.size() + 9);
}

TEST_F(ReceptionTest, WhoDoesNotTakeItsAnswerMakesPlaceToo) {
  large = std::string(8U << 20U, 'x');
  open({.head = hours(1), .farewell = hours(1), .others = 1});
  const Client slow("ann.1", kAsk);
  slow.hears_something();
  EXPECT_EQ(Client("bob.1", kAsk).hears().size(), large.size() + 9);
  EXPECT_LT(slow.hears().size(), large.size());
  EXPECT_EQ(reception->refused(), 1U);
}

TEST_F(ReceptionTest, ClosingSendsEveryoneAway) {
  holds = true;
  open({.head = hours(1), .farewell = hours(1)});
  const Client silent("ann.1"), half("ann.2", "GET"), worked_for("ann.3", kAsk), answered("ann.4", kAsk);
  wait_until_served(2);
  reception->farewell(served[1].socket, "bye");
  reception->close();
  reception->close();
  EXPECT_TRUE(silent.left_alone());
  EXPECT_TRUE(half.left_alone());
  reception->farewell(served[0].socket, "too late");
  EXPECT_TRUE(worked_for.left_alone());
  EXPECT_TRUE(answered.left_alone());
}

}  // namespace
}  // namespace sallyport::control::test
