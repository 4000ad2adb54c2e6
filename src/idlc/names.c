/* SPDX-License-Identifier: Apache-2.0 */
/* Names are kept once, so that comparing them is comparing pointers. */
#include "src/idlc/lexer.h"

#include <string.h>

#define FIRST_BUCKETS 1024u

struct idlc_names {
  struct idlc_symbol **buckets;
  size_t n_buckets; /* a power of two */
  size_t n;
};

static uint32_t names_hash(const char *text, size_t length)
{
  uint32_t hash = 2166136261u;

  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (uint8_t)text[i]) * 16777619u;
  return hash ^ hash >> 15;
}

static bool names_grow(struct idlc_sources *s, struct idlc_names *names)
{
  size_t n = names->n_buckets ? names->n_buckets * 2 : FIRST_BUCKETS;
  struct idlc_symbol **buckets = portero_arena_array(s->arena, n, sizeof(struct idlc_symbol *));

  if (!buckets)
    return false;
  for (size_t i = 0; i < names->n_buckets; i++) {
    for (struct idlc_symbol *symbol = names->buckets[i], *next; symbol; symbol = next) {
      next = symbol->next;
      symbol->next = buckets[symbol->hash & (n - 1)];
      buckets[symbol->hash & (n - 1)] = symbol;
    }
  }
  names->buckets = buckets;
  names->n_buckets = n;
  return true;
}

static bool names_make(struct idlc_sources *s)
{
  struct idlc_names *names = portero_arena_alloc(s->arena, sizeof *names);

  if (!names || !names_grow(s, names))
    return false;
  s->names = names;
  return true;
}

static const struct idlc_symbol *names_none(struct idlc_sources *s)
{
  static const struct idlc_symbol none = {NULL, "", 0, 0};

  s->out_of_memory = true;
  return &none;
}

const struct idlc_symbol *idlc_intern(struct idlc_sources *s, const char *text, size_t length)
{
  uint32_t hash = names_hash(text, length);
  struct idlc_symbol *symbol, **bucket;

  if (!s->names && !names_make(s))
    return names_none(s);
  bucket = &s->names->buckets[hash & (s->names->n_buckets - 1)];
  for (symbol = *bucket; symbol; symbol = symbol->next)
    if (symbol->hash == hash && symbol->length == length && memcmp(symbol->text, text, length) == 0)
      return symbol;
  if (s->names->n >= s->names->n_buckets && !names_grow(s, s->names))
    return names_none(s);
  symbol = portero_arena_alloc(s->arena, sizeof *symbol);
  if (!symbol)
    return names_none(s);
  symbol->text = portero_arena_text(s->arena, text, length);
  if (!symbol->text)
    return names_none(s);
  symbol->length = (uint32_t)length;
  symbol->hash = hash;
  bucket = &s->names->buckets[hash & (s->names->n_buckets - 1)];
  symbol->next = *bucket;
  *bucket = symbol;
  s->names->n++;
  return symbol;
}
