/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the visitors' book as they are written on the command line. */
#ifndef PORTERO_CLI_LOG_WORDS_H
#define PORTERO_CLI_LOG_WORDS_H

#include "src/cli/log_filter.h"

/* "deny"; their order is that of the bits in struct log_filter. NULL: no more of them. */
const char *log_verdict_name(unsigned verdict);

/* A word of key's vocabulary as its number; false, and message tells which there are. */
bool log_word_find(enum log_filter_key key, const char *text, unsigned *out_value,
                   char message[LOG_FILTER_MESSAGE]);
/* message: that the catalog has no interface or operation of this name, and which is like it. */
void log_word_unknown_interface(const char *name, char message[LOG_FILTER_MESSAGE]);
void log_word_unknown_operation(const char *name, char message[LOG_FILTER_MESSAGE]);
/* Some interface of the catalog has an operation of this name. */
bool log_word_is_operation(const char *name);

#endif
