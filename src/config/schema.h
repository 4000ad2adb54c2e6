/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of the configuration file. */
#ifndef PORTERO_CONFIG_SCHEMA_H
#define PORTERO_CONFIG_SCHEMA_H

#include "src/config/config.h"

enum schema_type {
  SCHEMA_TEXT,       /* const char * */
  SCHEMA_NUMBER,     /* uint32_t */
  SCHEMA_SIZE,       /* uint64_t, from low on; high does not count */
  SCHEMA_LIMIT,      /* uint32_t, from low on, or "none", which is UINT32_MAX */
  SCHEMA_LIMIT_SIZE, /* the same for uint64_t */
  SCHEMA_BOOL,       /* bool */
  SCHEMA_LIST,       /* struct config_list */
  SCHEMA_RANGE,      /* struct config_range, "low-high" */
  SCHEMA_LOOPBACK,   /* const char *, an address of this host alone */
  SCHEMA_WORD,       /* uint32_t: 1 for the first of the words, and so on; low: enum schema_words */
  SCHEMA_WORDS,      /* uint32_t, a list: bit 0 for the first of the words, and so on */
  SCHEMA_INTERFACES, /* struct config_uuids */
  SCHEMA_NETWORKS,   /* struct config_networks */
};

/* Words that a key may take. */
enum schema_words {
  SCHEMA_OUTPUTS,
  SCHEMA_SYSLOGS,
  SCHEMA_FORMS, /* those of lines; syslog and the journal have their own */
  SCHEMA_KINDS,
  SCHEMA_OUTCOMES, /* without the empty one: bit 1 is the first */
};

/* Which structure a key's value goes to. */
enum schema_place {
  SCHEMA_IN_CONFIG,
  SCHEMA_IN_ENDPOINT,
  SCHEMA_IN_SINK,
};

struct schema_key {
  const char *path; /* section.key */
  enum schema_type type;
  size_t offset;        /* in the structure of its place */
  uint32_t low, high;   /* SCHEMA_NUMBER */
  const char *standard; /* default, as it would be written; NULL: none */
  const char *help;
};

extern const struct schema_key schema_keys[];
extern const size_t schema_n_keys;

const struct schema_key *schema_find(const char *path);
/* The known key that looks most like path; NULL when none does. */
const struct schema_key *schema_similar(const char *path);
enum schema_place schema_place_of(const struct schema_key *key);
/* May it have several values? */
bool schema_is_list(const struct schema_key *key);
/* What it takes in words, as in portero.conf(5): "number, 1 to 65535". */
void schema_print_type(const struct schema_key *key, FILE *out);

#define SCHEMA_EXPECTED_SIZE 192u
/*
 * Sets one value of key in c, or in item where the key's place is one; lists grow. false with
 * out_expected, what would fit in words, set when the text does not fit, or item is NULL and should not.
 */
bool schema_set(const struct schema_key *key, struct config *c, void *item, const char *text,
                char out_expected[SCHEMA_EXPECTED_SIZE]);

#endif
