// `sallyport`: everything a person or a script types.
#include "control/cli/command_line.h"

int main(int argc, char** argv) {
  return sallyport::control::run_command_line({argv + (argc > 0 ? 1 : 0), argv + argc});
}
