// Connections for as long as nobody has to work for them: they are accepted, the heads of their requests come in, their
// answers go out. One thread for all connections of a listener.
//
// Owner: control/server; one a listener.
// Always: who says nothing, half of a request, or does not take its answer has a place here and no thread. Places are
// bounded, those of the favoured apart from those of everyone else. Who needs one takes that of the oldest connection
// that waits; whose request is being worked on is never cut. Every socket is closed once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sallyport::control {

struct Guest {
  std::string who;  // "user www-data", "192.0.2.7"
  bool favoured = false;
};

struct ReceptionLimits {
  std::chrono::milliseconds head{5000};      // from connecting until the head is there
  std::chrono::milliseconds farewell{5000};  // without progress, while the answer goes out and the rest comes in
  std::size_t head_bytes = 32768;
  std::size_t favoured = 256;  // places, connections being worked on included
  std::size_t others = 128;
  std::size_t of_one = 32;  // places that one of the others may have
};

class Reception {
 public:
  // Who is there; nothing: hang up. On the reception's thread.
  using Greet = std::function<std::optional<Guest>(int socket)>;
  // Takes over a request: its head, `head` bytes long, and what has come of its body. On the reception's thread, so it
  // must be quick; farewell() follows, once, from any thread. The socket does not block.
  using Serve = std::function<void(int socket, const Guest& guest, std::string bytes, std::size_t head)>;

  // `name` is what the log calls it: "control socket".
  Reception(std::string name, ReceptionLimits limits, Greet greet, Serve serve);
  ~Reception() { close(); }
  Reception(const Reception&) = delete;
  Reception& operator=(const Reception&) = delete;

  // Owns the listening socket from now on. Once.
  void open(int listening);
  // Everyone is sent away, and no more is read from those who are being worked for. Idempotent.
  void close();
  [[nodiscard]] bool closed() const { return closed_; }

  // The request has been worked on: sends this, hears the client out and hangs up. Closing with unread bytes would cost
  // a client the answer.
  void farewell(int socket, std::string answer = {});

  // Connections for which there was no place.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  enum class Stage : std::uint8_t { head, work, farewell, gone };
  struct Connection {
    int socket = -1;
    Guest guest;
    Stage stage = Stage::head;
    Time until;  // of head and farewell
    std::string in, out;
    std::size_t sent = 0;  // of out
    [[nodiscard]] bool waits() const { return stage == Stage::head || stage == Stage::farewell; }
    [[nodiscard]] bool sends() const { return stage == Stage::farewell && sent < out.size(); }
  };

  void run();
  void turn();
  [[nodiscard]] int patience() const;  // milliseconds until something is due
  void admit();
  void enter(int socket, Guest guest);
  [[nodiscard]] bool make_room(const Guest& guest);
  void refuse(int socket, const Guest& guest);
  void make_go(Connection& connection);
  void count_refused(const Guest& guest);
  void go_on(Connection& connection);
  void read_head(Connection& connection);
  void begin_farewell(Connection& connection, std::string answer);
  void send_answer(Connection& connection);
  void hear_out(Connection& connection);
  void end_late(Connection& connection);
  void take_returned();
  [[nodiscard]] Connection* being_worked_on(int socket);
  void hang_up(Connection& connection);
  void hang_up_on_all();

  const std::string name_;
  const ReceptionLimits limits_;
  const Greet greet_;
  const Serve serve_;
  std::list<Connection> connections_;  // the oldest first; the thread's alone
  int listening_ = -1;
  Time listens_from_{};  // later than now while the system has no socket to give
  Time told_{};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  int wake_ = -1;
  std::atomic<bool> closed_{false};                    // written under the mutex
  std::vector<std::pair<int, std::string>> returned_;  // sockets with their answers
  std::thread thread_;
};

}  // namespace sallyport::control
