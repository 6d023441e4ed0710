// What a long question tells, and when it is given up.
#include "control/cli/patience.h"

#include <gtest/gtest.h>

#include "tests/control/cli/run_cli.h"

namespace sallyport::control::test {
namespace {

TEST(Patience, TellsHowFarItIsUntilItEnds) {
  double now = 0;
  Patience patience("reach", 12, [&now] { return now; });
  const auto go_on = patience.asked();
  const struct {
    double seconds, done;
    bool goes_on;
    const char* told;
  } rows[] = {{1, 0.1, true, ""},  {5, 0.25, true, "reach: 25 % after 5 s\n"},
              {9, 0.5, true, ""},  {10.5, 0.6, true, "reach: 60 % after 10 s\n"},
              {12, 0.7, true, ""}, {12.5, 0.8, false, ""}};
  for (const auto& row : rows) {
    now = row.seconds;
    EXPECT_EQ(patience.reason(), "");
    testing::internal::CaptureStderr();
    EXPECT_EQ(go_on(row.done), row.goes_on) << row.seconds;
    EXPECT_EQ(testing::internal::GetCapturedStderr(), row.told) << row.seconds;
  }
  EXPECT_EQ(patience.reason(), "it takes longer than 12 s (--max-time): ");
}

}  // namespace
}  // namespace sallyport::control::test
