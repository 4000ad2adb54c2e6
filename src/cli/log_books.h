/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a book: the one that is written, and the old ones that rotation left beside it. */
#ifndef PORTERO_CLI_LOG_BOOKS_H
#define PORTERO_CLI_LOG_BOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct log_book {
  char *path;
  int fd;
  dev_t device;
  ino_t inode;
  bool regular; /* it can be read backwards, and followed */
};

/* In the order in which they are read. All zero: none. */
struct log_books {
  struct log_book *items;
  size_t n;
};

void log_books_deinit(struct log_books *b);
/* path "-": standard input. false: errno. */
bool log_books_add(struct log_books *b, const char *path);
/*
 * path and, before it, its old ones, oldest first: path.9 to path.1, and those with a date. Each is
 * there once, even when rotation happens meanwhile. *out_compressed: old ones that are not plain
 * files. false: errno; what could be opened is there all the same, path itself or the old ones.
 */
bool log_books_add_all(struct log_books *b, const char *path, size_t *out_compressed);
/*
 * Leaves those behind the file known by device and inode, which may be renamed by now. false: it is
 * not among them, and only the last one is left.
 */
bool log_books_after(struct log_books *b, dev_t device, ino_t inode);

#endif
