/* SPDX-License-Identifier: Apache-2.0 */
/* The visitors' book of `portero serve`: from the configuration to sinks. */
#ifndef PORTERO_CLI_SERVE_BOOK_H
#define PORTERO_CLI_SERVE_BOOK_H

#include <portero/sink.h>

#include "src/config/config.h"

/* Is there anything to tell? */
bool serve_book_wanted(const struct config *c);
/* Without sinks. NULL after it was told why. */
struct portero_book *serve_book_new(void);
/* Adds what the configuration asks for. false: told why on standard error, with the line of file. */
bool serve_book_open(struct portero_book *book, const struct config *c, const char *file);
/* What waits goes out, for a while; then the book is closed. NULL is fine. */
void serve_book_close(struct portero_book *book);

#endif
