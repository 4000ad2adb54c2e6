/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of the configuration file. */
#ifndef PORTERO_CONFIG_SCHEMA_H
#define PORTERO_CONFIG_SCHEMA_H

#include "src/config/config.h"

enum schema_type {
  SCHEMA_TEXT,     /* const char * */
  SCHEMA_NUMBER,   /* uint32_t */
  SCHEMA_BOOL,     /* bool */
  SCHEMA_LIST,     /* struct config_list */
  SCHEMA_RANGE,    /* struct config_range, "low-high" */
  SCHEMA_ENDPOINT, /* a text of one struct config_endpoint */
};

struct schema_key {
  const char *path; /* section.key */
  enum schema_type type;
  size_t offset;        /* in struct config, or in struct config_endpoint */
  uint32_t low, high;   /* SCHEMA_NUMBER */
  const char *standard; /* default, as it would be written; NULL: none */
  const char *help;
};

extern const struct schema_key schema_keys[];
extern const size_t schema_n_keys;

const struct schema_key *schema_find(const char *path);
/* The known key that looks most like path; NULL when none does. */
const struct schema_key *schema_similar(const char *path);
#define SCHEMA_EXPECTED_SIZE 64u
/*
 * Sets one value of key in c. false with out_expected, what would fit in words, set when the text does not fit.
 * SCHEMA_ENDPOINT goes to endpoint.
 */
bool schema_set(const struct schema_key *key, struct config *c, struct config_endpoint *endpoint,
                const char *text, char out_expected[SCHEMA_EXPECTED_SIZE]);

#endif
