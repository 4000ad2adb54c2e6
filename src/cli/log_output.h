/* SPDX-License-Identifier: Apache-2.0 */
/* Standard output for much text: a buffer, and nothing said when the reader has gone. */
#ifndef PORTERO_CLI_LOG_OUTPUT_H
#define PORTERO_CLI_LOG_OUTPUT_H

#include <portero/bytes.h>

struct log_output {
  int fd;
  struct portero_writer w; /* into the buffer */
  bool closed;             /* nobody reads any more */
  int error;               /* errno of another failure; 0: none */
};

/* false: memory is out. */
bool log_output_init(struct log_output *o, int fd);
void log_output_deinit(struct log_output *o);
/* The buffer with room for a record in any form. */
struct portero_writer *log_output_record(struct log_output *o);
void log_output_bytes(struct log_output *o, const char *bytes, size_t size);
void log_output_flush(struct log_output *o);
bool log_output_works(const struct log_output *o);

#endif
