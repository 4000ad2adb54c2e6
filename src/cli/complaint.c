/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/complaint.h"

#include <stdbool.h>
#include <stdio.h>

#include "src/cli/output.h"

#define COMPLAINT_SIZE 2048u

static char said[COMPLAINT_SIZE];
static bool answered;

void complain_va(const char *of_command, const char *format, va_list args)
{
  (void)vsnprintf(said, sizeof said, format, args);
  output_progress_end();
  (void)fprintf(stderr, "portero %s: ", of_command);
  (void)output_text(stderr, said);
  (void)fputc('\n', stderr);
}

void complain(const char *of_command, const char *format, ...)
{
  va_list args;

  va_start(args, format);
  complain_va(of_command, format, args);
  va_end(args);
}

void complaint_answered(void)
{
  answered = true;
}

void complaint_next_answer(void)
{
  answered = false;
}

static const char *exit_text(int exit_code)
{
  switch (exit_code) {
  case EXIT_NEGATIVE:
    return "the answer is no";
  case EXIT_USAGE:
    return "wrong usage";
  case EXIT_UNREACHABLE:
    return "nobody answers";
  case EXIT_REFUSED:
    return "the server refuses";
  }
  return "failure on this host";
}

void complaint_end_json(int exit_code)
{
  struct out_json j = {.stream = stdout};

  if (answered || exit_code == EXIT_OK || (exit_code == EXIT_NEGATIVE && !*said))
    return;
  out_begin(&j, NULL, '{');
  out_text(&j, "error", *said ? said : exit_text(exit_code));
  out_number(&j, "exit", (uint64_t)exit_code);
  out_end(&j, '}');
}
