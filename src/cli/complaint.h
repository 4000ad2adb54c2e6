/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command says when it fails: a line for people on standard error; with --json, where no
 * answer was printed, also an object on standard output, so that a program always has one to read.
 * One command runs in a process; the main thread alone complains.
 */
#ifndef PORTERO_CLI_COMPLAINT_H
#define PORTERO_CLI_COMPLAINT_H

#include <stdarg.h>

#include <portero/status.h>

#include "src/cli/commands.h"

/* "portero COMMAND: ..."; what others wrote in it is safe on a terminal. */
void complain(const char *of_command, const char *format, ...) PORTERO_PRINTF(2, 3);
void complain_va(const char *of_command, const char *format, va_list args) PORTERO_PRINTF(2, 0);
/* An answer has begun on standard output. */
void complaint_answered(void);
/* Another answer is due, as in a row of calls. */
void complaint_next_answer(void);
/*
 * The last word of a command that asked for JSON: {"error": what the last complaint said, "exit":
 * exit_code}, unless an answer was printed, it succeeded, or it was a no without a complaint.
 */
void complaint_end_json(int exit_code);

#endif
