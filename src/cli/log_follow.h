/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A book that goes on being written: what comes, in order and once, across rotation (renamed and
 * begun anew, however often between two looks), truncation, and times when there is no such file.
 */
#ifndef PORTERO_CLI_LOG_FOLLOW_H
#define PORTERO_CLI_LOG_FOLLOW_H

#include "src/cli/log_books.h"
#include "src/cli/log_lines.h"

/* What the reader of lines does with them. */
struct log_reader {
  void (*line)(void *user, const char *line, size_t size); /* NULL: a line that is too long */
  void (*before_read)(void *user);
  bool (*stopped)(void *user); /* asked after each line */
  void (*notice)(void *user, const char *path, const char *text);
  void *user;
};

struct log_follow {
  struct log_book book; /* path; fd -1: not there */
  struct log_lines lines;
  bool told; /* why the next file cannot be opened */
};

/* Takes book's path and descriptor over, even when it fails: memory is out. */
bool log_follow_init(struct log_follow *f, struct log_book *book, uint64_t offset);
void log_follow_deinit(struct log_follow *f);
/* All that is there by now; a look costs two system calls when there is nothing. false: it cannot be
 * read any more; told. */
bool log_follow_look(struct log_follow *f, const struct log_reader *reader);
/* Reads a file or a pipe to its end, once. false: errno. */
bool log_read_all(struct log_lines *l, const struct log_reader *reader);

#endif
