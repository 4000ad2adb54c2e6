/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy files, portero-policy(5): YAML in, what the engine is built from out. One table says which
 * keys exist (policy_schema.c). A file with one mistake is refused whole, with file, line, key and
 * what was expected: nothing in it ever widens what is allowed by being misread.
 */
#ifndef PORTERO_CONFIG_POLICY_FILE_H
#define PORTERO_CONFIG_POLICY_FILE_H

#include <stdio.h>

#include <portero/bytes.h>
#include <portero/policy.h>
#include <portero/policy_file.h>

#define POLICY_MESSAGE_SIZE 512u

/* What the reader tells of, that is no mistake but likely not meant. */
struct policy_warning {
  uint32_t line;
  const char *text;
  struct policy_warning *next;
};

/* What a file says. Everything lives in the arena. */
struct policy_file {
  struct portero_arena arena;
  struct portero_policy_options options;
  struct policy_warning *warnings; /* in the order of lines as they were found */
};

/* Free with policy_file_deinit(), which may be called twice, also after a failure. */
void policy_file_init(struct policy_file *f, const struct portero_mem *mem);
void policy_file_deinit(struct policy_file *f);
/*
 * On failure *message (size bytes) tells file, line, key and what was expected. LOCAL_MALFORMED, or
 * the system's error when the file cannot be read.
 */
PORTERO_MUST_USE portero_status policy_file_read(struct policy_file *f, const char *path,
                                                 char *message, size_t size);
/*
 * The same of a regular file alone, for those who may not be kept waiting: a FIFO that nobody writes
 * to is refused at once. SYSTEM (EINVAL).
 */
PORTERO_MUST_USE portero_status policy_file_read_regular(struct policy_file *f, const char *path,
                                                         char *message, size_t size);
/* The same of text that lies in memory; path is what messages call it. */
PORTERO_MUST_USE portero_status policy_file_read_text(struct policy_file *f, const char *path,
                                                      struct portero_bytes text, char *message,
                                                      size_t size);
/* A file of at most 32 MiB, as it is; freed with policy_whole_free(). */
PORTERO_MUST_USE portero_status policy_read_whole(const char *path, struct portero_bytes *out_text,
                                                  char *message, size_t size);
void policy_whole_free(struct portero_bytes *text);
/* Prints the keys with what they take and what they mean: what portero-policy(5) is held against. */
void policy_print_reference(FILE *out);

#endif
