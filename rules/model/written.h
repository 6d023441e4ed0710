// Text of a document and where in it an object of the policy stands.
//
// Owner: rules/model. Always: immutable once made and shared between copies, so that a policy that differs from another
// in one object costs that object's text alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport::rules {

class SharedText {
 public:
  SharedText() = default;
  SharedText(std::string text) : text_(std::make_shared<const std::string>(std::move(text))) {}
  SharedText(std::string_view text) : SharedText(std::string(text)) {}
  SharedText(const char* text) : SharedText(std::string(text)) {}

  [[nodiscard]] std::string_view view() const { return text_ ? std::string_view(*text_) : std::string_view(); }
  operator std::string_view() const { return view(); }
  [[nodiscard]] bool empty() const { return view().empty(); }
  friend bool operator==(const SharedText& a, std::string_view b) { return a.view() == b; }

 private:
  std::shared_ptr<const std::string> text_;
};

// The value that a named object was read from: bytes of the document, or, after it was changed alone, text of its own
// that stands in their place. Size 0: nobody wrote it.
struct Written {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
  SharedText changed;

  [[nodiscard]] std::string_view in(std::string_view document) const {
    return changed.empty() ? document.substr(begin, size) : changed.view();
  }
};

}  // namespace sallyport::rules
