/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of an interface through its generated stubs: read, told as text, written again. */
#ifndef PORTERO_TESTS_STUB_PASS_H
#define PORTERO_TESTS_STUB_PASS_H

#include <stdio.h>

#include <portero/stub.h>

enum stub_encoding {
  STUB_LITTLE,
  STUB_BIG,
  STUB_NDR64,
  STUB_ENCODINGS
};

/* One message. */
struct stub_message {
  const struct portero_stub *stub;
  unsigned opnum;
  enum portero_direction direction;
  /* What the request said that the answer does not. NULL: nothing. */
  void (*given)(void *params, uint32_t max);
  void (*tell)(FILE *text, const void *params);
};

/* A new writer for one message; portero_writer_deinit(&w.w). */
struct portero_ndr_writer stub_writer(enum stub_encoding encoding);
/* Fails in w. */
void stub_write(const struct stub_message *m, const void *params, struct portero_ndr_writer *w);
/*
 * Reads; tells it as *out_text (to be freed, may be NULL) and writes it to w, when that worked.
 * max is for given().
 */
portero_status stub_pass(const struct stub_message *m, enum stub_encoding encoding, uint32_t max,
                         struct portero_bytes bytes, struct portero_ndr_writer *w, char **out_text);

#endif
