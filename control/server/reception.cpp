// Owner: control/server. See reception.h.
#include "control/server/reception.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "control/server/request_head.h"

namespace sallyport::control {
namespace {

using std::chrono::steady_clock;

constexpr int kAdmittedATurn = 64;
constexpr auto kWithoutSockets = std::chrono::milliseconds(50);
constexpr auto kBetweenLines = std::chrono::seconds(10);

ApiError no_place(const Guest& guest) {
  return {503, "too_many_connections", fmt::format("all places for connections of {} are taken", guest.who)};
}

// What there is, without waiting: bytes, 0 at the end, -1 when nothing has come yet or the connection is broken.
ssize_t receive(int socket, std::array<char, 65536>& buffer) {
  return recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
}

bool nothing_yet() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

// The thread's alone, for what is read and looked at once.
std::array<char, 65536>& scratch() {
  thread_local std::array<char, 65536> buffer;
  return buffer;
}

}  // namespace

Reception::Reception(std::string name, ReceptionLimits limits, Greet greet, Serve serve)
    : name_(std::move(name)), limits_(limits), greet_(std::move(greet)), serve_(std::move(serve)) {}

void Reception::open(int listening) {
  listening_ = listening;
  fcntl(listening_, F_SETFL, fcntl(listening_, F_GETFL) | O_NONBLOCK);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) throw std::system_error(errno, std::generic_category(), name_ + ": eventfd");
  thread_ = std::thread([this] { run(); });
}

void Reception::close() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  eventfd_write(wake_, 1);
  thread_.join();
  ::close(wake_);
}

void Reception::farewell(int socket, std::string answer) {
  const std::scoped_lock lock(mutex_);
  if (closed_) {
    ::close(socket);
    return;
  }
  returned_.emplace_back(socket, std::move(answer));
  eventfd_write(wake_, 1);
}

void Reception::run() {
  while (!stopping_) turn();
  hang_up_on_all();
}

void Reception::turn() {
  std::vector<pollfd> entries{{wake_, POLLIN, 0}};
  if (steady_clock::now() >= listens_from_) entries.push_back({listening_, POLLIN, 0});
  const std::size_t first = entries.size();
  std::vector<Connection*> of_entry;
  for (Connection& each : connections_) {
    if (!each.waits()) continue;
    entries.push_back({each.socket, static_cast<short>(each.sends() ? POLLOUT : POLLIN), 0});
    of_entry.push_back(&each);
  }
  if (poll(entries.data(), entries.size(), patience()) < 0) return;
  eventfd_t waste = 0;
  if (entries[0].revents != 0) eventfd_read(wake_, &waste);
  take_returned();
  for (std::size_t i = 0; i < of_entry.size(); ++i) {
    if (entries[first + i].revents != 0) go_on(*of_entry[i]);
  }
  const Time now = steady_clock::now();
  for (Connection& each : connections_) {
    if (each.waits() && each.until <= now) end_late(each);
  }
  if (first == 2 && entries[1].revents != 0) admit();
  connections_.remove_if([](const Connection& each) { return each.stage == Stage::gone; });
}

int Reception::patience() const {
  const Time now = steady_clock::now();
  Time next = now + std::chrono::hours(1);
  for (const Connection& each : connections_) {
    if (each.waits()) next = std::min(next, each.until);
  }
  if (listens_from_ > now) next = std::min(next, listens_from_);
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(std::max(next - now, Time::duration{})).count());
}

void Reception::admit() {
  for (int i = 0; i < kAdmittedATurn; ++i) {
    const int socket = accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      const bool without = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      if (without) listens_from_ = steady_clock::now() + kWithoutSockets;
      return;
    }
    if (auto guest = greet_(socket)) {
      enter(socket, *std::move(guest));
    } else {
      ::close(socket);
    }
  }
}

void Reception::enter(int socket, Guest guest) {
  if (!make_room(guest)) return refuse(socket, guest);
  Connection& entered = connections_.emplace_back();
  entered.socket = socket;
  entered.guest = std::move(guest);
  entered.until = steady_clock::now() + limits_.head;
  read_head(entered);  // most have sent it already
}

bool Reception::make_room(const Guest& guest) {
  std::size_t of_one = 0, of_kind = 0;
  Connection* oldest_of_one = nullptr;
  Connection* oldest_of_kind = nullptr;
  for (Connection& each : connections_) {
    if (each.stage == Stage::gone || each.guest.favoured != guest.favoured) continue;
    const bool same = each.guest.who == guest.who;
    ++of_kind;
    of_one += same ? 1U : 0U;
    if (!each.waits()) continue;
    if (oldest_of_kind == nullptr) oldest_of_kind = &each;
    if (same && oldest_of_one == nullptr) oldest_of_one = &each;
  }
  const bool one_has_all = !guest.favoured && of_one >= limits_.of_one;
  if (!one_has_all && of_kind < (guest.favoured ? limits_.favoured : limits_.others)) return true;
  Connection* goes = one_has_all ? oldest_of_one : oldest_of_kind;
  if (goes == nullptr) return false;
  make_go(*goes);
  return true;
}

// Who has part of its answer is not told anything else; who has all of it loses nothing.
void Reception::make_go(Connection& connection) {
  if (connection.stage == Stage::head) {
    refuse(connection.socket, connection.guest);
    connection.stage = Stage::gone;
    return;
  }
  if (connection.sends()) count_refused(connection.guest);
  hang_up(connection);
}

void Reception::refuse(int socket, const Guest& guest) {
  const std::string answer = as_http(no_place(guest));
  send(socket, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  shutdown(socket, SHUT_WR);
  ::close(socket);
  count_refused(guest);
}

void Reception::count_refused(const Guest& guest) {
  ++refused_;
  const Time now = steady_clock::now();
  if (refused_ > 1 && now - told_ < kBetweenLines) return;
  told_ = now;
  spdlog::warn("{}: no place for a connection of {}; {} turned away since the start", name_, guest.who,
               refused_.load());
}

void Reception::go_on(Connection& connection) {
  if (connection.stage == Stage::head) return read_head(connection);
  if (connection.sends()) return send_answer(connection);
  if (connection.stage == Stage::farewell) hear_out(connection);
}

void Reception::read_head(Connection& connection) {
  const ssize_t got = receive(connection.socket, scratch());
  if (got < 0 && nothing_yet()) return;
  if (got < 0 || (got == 0 && connection.in.empty())) return hang_up(connection);
  if (got == 0) return begin_farewell(connection, as_http({400, "bad_request", "the request ends within its head"}));
  const std::size_t seen = connection.in.size();
  connection.in.append(scratch().data(), static_cast<std::size_t>(got));
  const std::size_t end = end_of_head(connection.in, seen < 2 ? 0 : seen - 2);
  if (std::min(end, connection.in.size()) > limits_.head_bytes) {
    return begin_farewell(connection,
                          as_http({431, "head_too_large",
                                   fmt::format("the head of a request is {} bytes long at most", limits_.head_bytes)}));
  }
  if (end == std::string::npos) return;
  connection.stage = Stage::work;
  serve_(connection.socket, connection.guest, std::exchange(connection.in, {}), end);
}

void Reception::begin_farewell(Connection& connection, std::string answer) {
  connection.stage = Stage::farewell;
  connection.in = {};
  connection.out = std::move(answer);
  connection.until = steady_clock::now() + limits_.farewell;
  send_answer(connection);
}

void Reception::send_answer(Connection& connection) {
  const std::string& out = connection.out;
  while (connection.sent < out.size()) {
    const ssize_t taken = send(connection.socket, out.data() + connection.sent, out.size() - connection.sent,
                               MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken < 0 && nothing_yet()) return;
    if (taken < 0) return hang_up(connection);
    connection.sent += static_cast<std::size_t>(taken);
    connection.until = steady_clock::now() + limits_.farewell;
  }
  shutdown(connection.socket, SHUT_WR);
}

void Reception::hear_out(Connection& connection) {
  const ssize_t got = receive(connection.socket, scratch());
  if (got == 0 || (got < 0 && !nothing_yet())) hang_up(connection);
}

void Reception::end_late(Connection& connection) {
  if (connection.stage == Stage::farewell || connection.in.empty()) return hang_up(connection);
  begin_farewell(connection, as_http({408, "request_timeout",
                                      fmt::format("the head of a request comes within {} ms", limits_.head.count())}));
}

void Reception::take_returned() {
  std::vector<std::pair<int, std::string>> returned;
  {
    const std::scoped_lock lock(mutex_);
    returned.swap(returned_);
  }
  for (auto& [socket, answer] : returned) {
    if (Connection* connection = being_worked_on(socket)) begin_farewell(*connection, std::move(answer));
  }
}

Reception::Connection* Reception::being_worked_on(int socket) {
  const auto found = std::ranges::find_if(
      connections_, [socket](const Connection& each) { return each.stage == Stage::work && each.socket == socket; });
  return found == connections_.end() ? nullptr : &*found;
}

void Reception::hang_up(Connection& connection) {
  ::close(connection.socket);
  connection.stage = Stage::gone;
}

void Reception::hang_up_on_all() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  ::close(listening_);
  for (const auto& [socket, answer] : returned_) {
    if (Connection* connection = being_worked_on(socket)) hang_up(*connection);
  }
  returned_.clear();
  for (Connection& each : connections_) {
    if (each.stage == Stage::work) shutdown(each.socket, SHUT_RD);
    if (each.waits()) hang_up(each);
  }
}

}  // namespace sallyport::control
