/* SPDX-License-Identifier: Apache-2.0 */
#include "src/config/policy_text.h"

#include <stdlib.h>
#include <string.h>

#include <portero/tower.h>

#include "src/config/policy_build.h"
#include "src/config/policy_values.h"

struct pairs {
  struct portero_arena *arena;
  struct policy_pair *pairs;
  size_t count;
  bool failed;
  /* the value being written */
  FILE *stream;
  char *text;
  size_t size;
  unsigned items;
};

/* ---- scalars ---- */

static bool is_plain(const char *text)
{
  return *text && *text != '-' && *text != '.' &&
         !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-")];
}

static void scalar(FILE *out, const char *text)
{
  if (is_plain(text)) {
    (void)fputs(text, out);
    return;
  }
  (void)fputc('"', out);
  for (const unsigned char *c = (const unsigned char *)text; *c; c++)
    if (*c < ' ' || *c == 0x7f)
      (void)fprintf(out, "\\x%02x", *c);
    else
      (void)fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
  (void)fputc('"', out);
}

static void value_begin(struct pairs *p)
{
  p->items = 0;
  p->stream = open_memstream(&p->text, &p->size);
  p->failed = p->failed || !p->stream;
}

static void value_item(struct pairs *p, const char *text)
{
  if (p->stream && p->items++)
    (void)fputs(", ", p->stream);
  if (p->stream)
    scalar(p->stream, text);
}

/* Lists of one are written as what is in them. */
static void value_end(struct pairs *p, const char *key, bool negated, bool list)
{
  char name[64];
  const char *value = NULL, *whole_key;
  char *bracketed = NULL;

  if (!p->stream)
    return;
  p->failed = fclose(p->stream) != 0 || p->failed;
  p->stream = NULL;
  (void)snprintf(name, sizeof name, "%s%s", negated ? "not-" : "", key);
  if (list && p->items != 1 && asprintf(&bracketed, "[%s]", p->text) < 0)
    bracketed = NULL;
  whole_key = portero_arena_text(p->arena, name, strlen(name));
  if (!list || p->items == 1)
    value = portero_arena_text(p->arena, p->text, strlen(p->text));
  else if (bracketed)
    value = portero_arena_text(p->arena, bracketed, strlen(bracketed));
  free(bracketed);
  free(p->text);
  p->text = NULL;
  p->failed = p->failed || !value || !whole_key || p->count == POLICY_PAIRS_MAX;
  if (p->failed)
    return;
  p->pairs[p->count].key = whole_key;
  p->pairs[p->count++].value = value;
}

static void pair_text(struct pairs *p, const char *key, const char *text)
{
  if (!text)
    return;
  value_begin(p);
  value_item(p, text);
  value_end(p, key, false, false);
}

static void pair_texts(struct pairs *p, const char *key, bool negated, const char *const *texts,
                       size_t count)
{
  if (count == 0)
    return;
  value_begin(p);
  for (size_t i = 0; i < count; i++)
    value_item(p, texts[i]);
  value_end(p, key, negated, true);
}

static void pair_numbers(struct pairs *p, const char *key, bool negated, const uint32_t *values,
                         size_t count)
{
  char text[16];

  if (count == 0)
    return;
  value_begin(p);
  for (size_t i = 0; i < count; i++) {
    (void)snprintf(text, sizeof text, "%u", values[i]);
    value_item(p, text);
  }
  value_end(p, key, negated, true);
}

/* ---- conditions ---- */

static void pair_networks(struct pairs *p, const char *key, bool negated,
                          const struct portero_policy_network *values, size_t count)
{
  char text[POLICY_VALUE_SIZE];

  if (count == 0)
    return;
  value_begin(p);
  for (size_t i = 0; i < count; i++)
    value_item(p, policy_network_text(&values[i], text, sizeof text));
  value_end(p, key, negated, true);
}

static void operations(struct pairs *p, const struct portero_policy_interface *i)
{
  char text[POLICY_VALUE_SIZE];

  for (size_t n = 0; p->stream && n < i->n_operations; n++)
    value_item(p, policy_operation_text(&i->uuid, &i->operations[n], text, sizeof text));
}

/* {interface: x, operations: [...]} as an item */
static void interface_item(struct pairs *p, const struct portero_policy_interface *i)
{
  char text[POLICY_VALUE_SIZE];
  unsigned before = p->items;

  if (!p->stream)
    return;
  (void)policy_interface_text(i, text, sizeof text);
  if (!i->n_operations) {
    value_item(p, text);
    return;
  }
  (void)fprintf(p->stream, "%s{interface: ", before ? ", " : "");
  scalar(p->stream, text);
  (void)fputs(", operations: [", p->stream);
  p->items = 0;
  operations(p, i);
  (void)fputs("]}", p->stream);
  p->items = before + 1;
}

static void pair_interfaces(struct pairs *p, const struct portero_policy_rule *r)
{
  const struct portero_policy_interface *i = r->interfaces.values;
  char text[POLICY_VALUE_SIZE];

  if (r->interfaces.count == 0)
    return;
  value_begin(p);
  if (r->interfaces.count == 1)
    value_item(p, policy_interface_text(i, text, sizeof text));
  for (size_t n = 0; r->interfaces.count > 1 && n < r->interfaces.count; n++)
    interface_item(p, &i[n]);
  value_end(p, "interface", r->interfaces.negate, true);
  if (r->interfaces.count > 1 || i->n_operations == 0)
    return;
  value_begin(p);
  operations(p, i);
  value_end(p, "operations", false, true);
}

static void pair_objects(struct pairs *p, const struct portero_policy_rule *r)
{
  char text[PORTERO_UUID_TEXT_SIZE];

  if (r->objects.count == 0)
    return;
  value_begin(p);
  for (size_t i = 0; i < r->objects.count; i++)
    value_item(p, portero_uuid_text(&r->objects.values[i], text));
  value_end(p, "object", r->objects.negate, true);
}

static void pair_sids(struct pairs *p, const struct portero_policy_rule *r)
{
  char text[PORTERO_SID_TEXT];

  if (r->sids.count == 0)
    return;
  value_begin(p);
  for (size_t i = 0; i < r->sids.count; i++)
    value_item(p, portero_sid_text(&r->sids.values[i], text));
  value_end(p, "sid", r->sids.negate, true);
}

static const char *bit_text(enum policy_kind kind, unsigned bit)
{
  if (kind == POLICY_PROTSEQS)
    return portero_protseq_name((enum portero_protseq)bit);
  if (kind == POLICY_MECHANISMS)
    return policy_mechanism_text(UINT32_C(1) << bit);
  return policy_weekday_text(bit);
}

static void pair_bits(struct pairs *p, const char *key, enum policy_kind kind, uint32_t bits)
{
  const char *text;

  if (bits == 0)
    return;
  value_begin(p);
  for (unsigned bit = 0; bit < 8; bit++) {
    text = bits >> bit & 1 ? bit_text(kind, bit) : NULL;
    if (text)
      value_item(p, text);
  }
  value_end(p, key, false, true);
}

static void pair_rate(struct pairs *p, const struct portero_policy_rule *r)
{
  char text[48];

  if (!r->rate_window)
    return;
  (void)snprintf(text, sizeof text, "%u in %us", r->rate, r->rate_window / 1000);
  value_begin(p);
  if (p->stream)
    (void)fputs(text, p->stream);
  value_end(p, "rate", false, false);
}

static void pair_time(struct pairs *p, const struct portero_policy_rule *r)
{
  char text[48];

  if (r->from_minute == r->to_minute)
    return;
  (void)snprintf(text, sizeof text, "%02u:%02u-%02u:%02u", r->from_minute / 60u,
                 r->from_minute % 60u, r->to_minute / 60u, r->to_minute % 60u);
  pair_text(p, "time", text);
}

static void pair_outcome(struct pairs *p, const struct portero_policy_rule *r)
{
  char text[32];

  pair_text(p, "action", policy_action_text(r->action));
  if (r->fault)
    pair_text(p, "fault", policy_fault_text(r->fault, text, sizeof text));
  if (r->alert)
    pair_text(p, "alert", "true");
  pair_texts(p, "tags", false, r->tags, r->n_tags);
}

static void pairs_of_call(struct pairs *p, const struct portero_policy_rule *r)
{
  pair_networks(p, "source", r->sources.negate, r->sources.values, r->sources.count);
  pair_networks(p, "destination", r->destinations.negate, r->destinations.values,
                r->destinations.count);
  pair_interfaces(p, r);
  pair_text(p, "missing", r->missing ? "true" : NULL);
  pair_objects(p, r);
  pair_bits(p, "protseq", POLICY_PROTSEQS, r->protseqs);
  pair_text(p, "level", r->least_level ? policy_level_text(r->least_level) : NULL);
  pair_text(p, "below-level", r->below_level ? policy_level_text(r->below_level) : NULL);
  pair_bits(p, "mechanism", POLICY_MECHANISMS, r->mechanisms);
  pair_texts(p, "user", r->accounts.negate, r->accounts.values, r->accounts.count);
  pair_sids(p, r);
  pair_rate(p, r);
  pair_time(p, r);
  pair_bits(p, "weekdays", POLICY_WEEKDAYS, r->weekdays);
}

static void pairs_of_registration(struct pairs *p, const struct portero_policy_rule *r)
{
  pair_interfaces(p, r);
  pair_bits(p, "protseq", POLICY_PROTSEQS, r->protseqs);
  pair_texts(p, "endpoint", r->endpoints.negate, r->endpoints.values, r->endpoints.count);
  pair_numbers(p, "user", r->uids.negate, r->uids.values, r->uids.count);
  pair_numbers(p, "group", r->gids.negate, r->gids.values, r->gids.count);
  pair_texts(p, "unit", r->units.negate, r->units.values, r->units.count);
}

size_t policy_rule_pairs(struct portero_arena *arena, const struct portero_policy_rule *rule,
                         bool is_registration, struct policy_pair out_pairs[POLICY_PAIRS_MAX])
{
  struct pairs p = {.arena = arena, .pairs = out_pairs};

  pair_text(&p, "name", rule->name);
  if (is_registration)
    pairs_of_registration(&p, rule);
  else
    pairs_of_call(&p, rule);
  pair_outcome(&p, rule);
  return p.failed ? 0 : p.count;
}

size_t policy_reservation_pairs(struct portero_arena *arena,
                                const struct portero_policy_reservation *r,
                                struct policy_pair out_pairs[POLICY_PAIRS_MAX])
{
  struct pairs p = {.arena = arena, .pairs = out_pairs};
  struct portero_policy_interface i = {.uuid = r->uuid, .any_version = true};
  char text[POLICY_VALUE_SIZE];

  pair_text(&p, "name", r->name);
  pair_text(&p, "interface", policy_interface_text(&i, text, sizeof text));
  pair_numbers(&p, "users", false, r->uids, r->n_uids);
  pair_numbers(&p, "groups", false, r->gids, r->n_gids);
  pair_texts(&p, "units", false, r->units, r->n_units);
  return p.failed ? 0 : p.count;
}

/* ---- a file ---- */

static bool write_pairs(FILE *out, const struct policy_pair *pairs, size_t n)
{
  for (size_t i = 0; i < n; i++)
    (void)fprintf(out, "  %s %s: %s\n", i ? " " : "-", pairs[i].key, pairs[i].value);
  return n > 0;
}

static bool write_rules(FILE *out, const char *section, const struct portero_policy_rule *rules,
                        size_t n, bool is_registration)
{
  struct policy_pair pairs[POLICY_PAIRS_MAX];
  struct portero_arena arena;
  bool good = true;

  if (n > 0)
    (void)fprintf(out, "\n%s:\n", section);
  portero_arena_init(&arena, &portero_mem_malloc, SIZE_MAX / 2);
  for (size_t i = 0; i < n && good; i++) {
    good = write_pairs(out, pairs, policy_rule_pairs(&arena, &rules[i], is_registration, pairs));
    portero_arena_reset(&arena);
  }
  portero_arena_deinit(&arena);
  return good;
}

static bool write_reservations(FILE *out, const struct portero_policy_options *o)
{
  struct policy_pair pairs[POLICY_PAIRS_MAX];
  struct portero_arena arena;
  bool good = true;

  if (o->n_reservations > 0)
    (void)fputs("\nreserve:\n", out);
  portero_arena_init(&arena, &portero_mem_malloc, SIZE_MAX / 2);
  for (size_t i = 0; i < o->n_reservations && good; i++) {
    good = write_pairs(out, pairs, policy_reservation_pairs(&arena, &o->reservations[i], pairs));
    portero_arena_reset(&arena);
  }
  portero_arena_deinit(&arena);
  return good;
}

bool policy_write(FILE *out, const struct portero_policy_options *o)
{
  (void)fprintf(out, "default:\n  calls: %s\n  register: %s\n", policy_action_text(o->call_default),
                policy_action_text(o->registration_default));
  return write_reservations(out, o) &&
         write_rules(out, "register", o->registrations, o->n_registrations, true) &&
         write_rules(out, "calls", o->calls, o->n_calls, false);
}
