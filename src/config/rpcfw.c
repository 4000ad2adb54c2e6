/* SPDX-License-Identifier: Apache-2.0 */
#include "src/config/rpcfw.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include <portero/tower.h>

#include "src/config/policy_values.h"

#define UPSTREAM_LINE 255u /* what RPC Firewall's reader takes */
#define REMARK_SIZE   400u
#define WORDS_MAX     16u
#define ARENA_BUDGET  ((size_t)256 << 20)
#define COUNT(a)      (sizeof(a) / sizeof *(a))

struct rpcfw_line {
  struct rpcfw *file;
  struct portero_policy_rule *rule;
  struct portero_policy_interface interface;
  struct portero_policy_range operation;
  uint32_t number;
  bool is_filter; /* flt: */
  bool has_interface, has_operation, audit, refused, failed;
};

void rpcfw_init(struct rpcfw *f, const struct portero_mem *mem)
{
  memset(f, 0, sizeof *f);
  portero_arena_init(&f->arena, mem, ARENA_BUDGET);
}

void rpcfw_deinit(struct rpcfw *f)
{
  portero_arena_deinit(&f->arena);
  f->remarks = f->last = NULL;
}

/* ---- remarks ---- */

PORTERO_PRINTF(3, 0)
static void remark_add(struct rpcfw_line *l, bool refused, const char *format, va_list args)
{
  struct rpcfw_remark *r = portero_arena_alloc(&l->file->arena, sizeof *r);
  char text[REMARK_SIZE];

  (void)vsnprintf(text, sizeof text, format, args);
  if (r)
    r->text = portero_arena_text(&l->file->arena, text, strlen(text));
  if (!r || !r->text) {
    l->failed = true;
    return;
  }
  r->line = l->number;
  r->refused = refused;
  if (l->file->last)
    l->file->last->next = r;
  else
    l->file->remarks = r;
  l->file->last = r;
}

/* false: for callers that have nothing else to say. */
PORTERO_PRINTF(2, 3) static bool refuse(struct rpcfw_line *l, const char *format, ...)
{
  va_list args;

  va_start(args, format);
  remark_add(l, true, format, args);
  va_end(args);
  if (!l->refused)
    l->file->n_refused++;
  l->refused = true;
  return false;
}

PORTERO_PRINTF(2, 3) static void warn(struct rpcfw_line *l, const char *format, ...)
{
  va_list args;

  va_start(args, format);
  remark_add(l, false, format, args);
  va_end(args);
}

/* ---- keys ---- */

static bool key_uuid(struct rpcfw_line *l, const char *value)
{
  struct portero_uuid uuid;

  if (!portero_uuid_parse(value, &uuid))
    return refuse(l,
                  "uuid:%s is no whole UUID; RPC Firewall looks for a part of the text, so this "
                  "line covers every interface whose UUID has it in it",
                  value);
  l->interface.uuid = uuid;
  l->interface.any_version = true;
  return l->has_interface = true;
}

static bool digits(const char *text)
{
  return *text && !text[strspn(text, "0123456789")];
}

static bool key_opnum(struct rpcfw_line *l, const char *value)
{
  unsigned opnum = 0;

  if (l->is_filter)
    return refuse(l, "opnum: in flt: cannot be: the filters of Windows know no operations");
  if (*value >= '0' && *value <= '9' && !digits(value))
    return refuse(l,
                  "opnum:%s is read as %.*s by RPC Firewall, which takes one number and no "
                  "more; write a line for each operation",
                  value, (int)strspn(value, "0123456789"), value);
  if (!digits(value))
    return refuse(l, "opnum:%s is no number; RPC Firewall takes the line for all operations",
                  value);
  if (strlen(value) > 9 || sscanf(value, "%9u", &opnum) != 1 || opnum > UINT16_MAX)
    return refuse(l, "opnum:%s is over 65535; RPC Firewall fails at it", value);
  l->operation.low = l->operation.high = (uint16_t)opnum;
  return l->has_operation = true;
}

static bool key_addr(struct rpcfw_line *l, const char *value)
{
  struct portero_policy_network *network = portero_arena_alloc(&l->file->arena, sizeof *network);
  policy_expected expected;

  if (!network) {
    l->failed = true;
    return false;
  }
  if (!policy_network_parse(value, network, expected) || strcmp(value, "any") == 0 ||
      strcmp(value, "local") == 0)
    return refuse(l,
                  "addr:%s is not an address or network (expected %s); RPC Firewall takes such "
                  "a line for all addresses",
                  value, expected);
  if (l->is_filter && strchr(value, ':'))
    warn(l, "an IPv6 network in flt: loses its prefix length in RPC Firewall; taken as written");
  else if (l->is_filter && !strchr(value, '/'))
    warn(l, "an IPv4 address in flt: is turned round in RPC Firewall; taken as written");
  else if (l->is_filter)
    warn(l,
         "networks in flt: are unreliable in RPC Firewall, as its manual says; taken as written");
  l->rule->sources.values = network;
  l->rule->sources.count = 1;
  return true;
}

static bool key_prot(struct rpcfw_line *l, const char *value)
{
  static const char *const known[] = {"ncacn_ip_tcp", "ncacn_np", "ncacn_http"};
  policy_expected expected;

  if (l->is_filter && strcmp(value, "remote") == 0) {
    l->rule->protseqs = POLICY_ALL_PROTSEQS & ~(UINT32_C(1) << PORTERO_NCALRPC) &
                        ~(UINT32_C(1) << PORTERO_NCACN_UNIX_STREAM);
    return true;
  }
  if (l->is_filter && strcmp(value, "ncalrpc") == 0)
    return policy_protseq_parse(value, &l->rule->protseqs, expected);
  for (size_t i = 0; i < COUNT(known); i++)
    if (strcmp(value, known[i]) == 0)
      return policy_protseq_parse(value, &l->rule->protseqs, expected);
  return refuse(l, "prot:%s is none of ncacn_ip_tcp, ncacn_np, ncacn_http%s", value,
                l->is_filter ? ", ncalrpc, remote" : "");
}

/* The letters of SDDL that mean one SID everywhere. [MS-DTYP] 2.5.1.1 */
static const char *sid_of_letters(const char *letters)
{
  static const struct {
    const char *letters, *sid;
  } known[] = {
      {"AN", "S-1-5-7"},      {"AU", "S-1-5-11"},     {"BA", "S-1-5-32-544"},
      {"BG", "S-1-5-32-546"}, {"BO", "S-1-5-32-551"}, {"BU", "S-1-5-32-545"},
      {"ED", "S-1-5-9"},      {"IU", "S-1-5-4"},      {"LS", "S-1-5-19"},
      {"NS", "S-1-5-20"},     {"NU", "S-1-5-2"},      {"PU", "S-1-5-32-547"},
      {"SY", "S-1-5-18"},     {"WD", "S-1-1-0"},
  };

  for (size_t i = 0; i < COUNT(known); i++)
    if (strcmp(known[i].letters, letters) == 0)
      return known[i].sid;
  return NULL;
}

static bool key_sid(struct rpcfw_line *l, const char *value)
{
  struct portero_sid *sid = portero_arena_alloc(&l->file->arena, sizeof *sid);
  const char *letters = sid_of_letters(value);

  if (!sid) {
    l->failed = true;
    return false;
  }
  if (!portero_sid_parse(letters ? letters : value, sid))
    return refuse(l,
                  "sid:%s is no SID and no alias that means one SID on every host; a group of a "
                  "domain (DA, EA ...) has to be written as its SID",
                  value);
  l->rule->sids.values = sid;
  l->rule->sids.count = 1;
  return true;
}

static bool key_action(struct rpcfw_line *l, const char *value)
{
  bool block = strcmp(value, "block") == 0;

  if (!block && strcmp(value, "allow") != 0)
    return refuse(l, "action:%s is neither allow nor block", value);
  l->rule->action = block ? PORTERO_ACTION_DENY : PORTERO_ACTION_ALLOW;
  return true;
}

static bool key_yes(struct rpcfw_line *l, const char *key, const char *value, bool *out_yes)
{
  *out_yes = strcmp(value, "true") == 0;
  return *out_yes || strcmp(value, "false") == 0 ||
         refuse(l, "%s:%s is neither true nor false", key, value);
}

static bool key_audit(struct rpcfw_line *l, const char *value)
{
  return key_yes(l, "audit", value, &l->audit);
}

static bool key_verbose(struct rpcfw_line *l, const char *value)
{
  bool verbose;

  if (!key_yes(l, "verbose", value, &verbose))
    return false;
  if (verbose)
    warn(l, "verbose: has no counterpart: the visitors' book tells everything anyway");
  return true;
}

static const struct {
  const char *name;
  bool (*set)(struct rpcfw_line *l, const char *value);
} keys[] = {
    {"uuid", key_uuid}, {"opnum", key_opnum},   {"addr", key_addr},   {"prot", key_prot},
    {"sid", key_sid},   {"action", key_action}, {"audit", key_audit}, {"verbose", key_verbose},
};

/* ---- lines ---- */

static bool line_word(struct rpcfw_line *l, char *word, unsigned *seen)
{
  char *colon = strchr(word, ':');

  if (!colon)
    return refuse(l, "\"%s\" is no key:value", word);
  *colon = 0;
  for (size_t i = 0; i < COUNT(keys); i++) {
    if (strcmp(keys[i].name, word) != 0)
      continue;
    if (*seen >> i & 1)
      return refuse(l, "%s: stands there twice", word);
    *seen |= 1u << i;
    return keys[i].set(l, colon + 1);
  }
  return refuse(l, "%s: is no key of RPC Firewall", word);
}

static void line_words(struct rpcfw_line *l, char *text)
{
  unsigned seen = 0;
  char *rest = NULL;

  for (char *word = strtok_r(text, " \t\r", &rest); word; word = strtok_r(NULL, " \t\r", &rest))
    (void)line_word(l, word, &seen);
  if (seen == 0 && !l->refused)
    (void)refuse(l, "a line without keys, which is about every call");
}

static void line_finish(struct rpcfw_line *l)
{
  static const char *const tags[] = {"audit"};
  struct portero_policy_interface *interface;
  struct portero_policy_range *range;
  char name[48];

  if (l->has_operation && !l->has_interface)
    (void)refuse(l, "opnum: without uuid: is that operation of every interface; name the ones that "
                    "are meant");
  (void)snprintf(name, sizeof name, "%s-%u", l->is_filter ? "flt" : "fw", l->number);
  l->rule->name = portero_arena_text(&l->file->arena, name, strlen(name));
  l->rule->line = l->number;
  l->rule->alert = l->audit && l->rule->action == PORTERO_ACTION_DENY;
  if (l->audit) {
    l->rule->tags = tags;
    l->rule->n_tags = 1;
  }
  interface = portero_arena_alloc(&l->file->arena, sizeof *interface);
  range = portero_arena_alloc(&l->file->arena, sizeof *range);
  if (!interface || !range || !l->rule->name) {
    l->failed = true;
    return;
  }
  if (!l->has_interface)
    return;
  *interface = l->interface;
  *range = l->operation;
  interface->operations = l->has_operation ? range : NULL;
  interface->n_operations = l->has_operation;
  l->rule->interfaces.values = interface;
  l->rule->interfaces.count = 1;
}

/* A line that is no rule gives false. */
static bool line_begin(struct rpcfw_line *l, const char *text, size_t length, size_t *out_skip)
{
  l->is_filter = length >= 4 && strncmp(text, "flt:", 4) == 0;
  *out_skip = l->is_filter ? 4 : 3;
  if (l->is_filter || (length >= 3 && strncmp(text, "fw:", 3) == 0))
    return true;
  while (length && (*text == ' ' || *text == '\t')) {
    text++;
    length--;
  }
  if ((length >= 3 && strncasecmp(text, "fw:", 3) == 0) ||
      (length >= 4 && strncasecmp(text, "flt:", 4) == 0))
    (void)refuse(l, "not at the beginning of the line, or not in small letters: RPC Firewall takes "
                    "this rule for a comment");
  return false;
}

/* ---- the file ---- */

static bool read_line(struct rpcfw *f, const char *text, size_t length, uint32_t number,
                      bool *too_long, struct portero_policy_rule *rule, bool *out_is_filter)
{
  struct rpcfw_line l = {.file = f, .rule = rule, .number = number};
  char *copy;
  size_t skip;

  *out_is_filter = false;
  memset(rule, 0, sizeof *rule);
  if (memchr(text, 0, length))
    return refuse(&l, "a zero byte");
  if (length > UPSTREAM_LINE && !*too_long) {
    *too_long = true;
    warn(&l,
         "over %u characters: RPC Firewall stops reading here, and neither this line nor those "
         "behind it ever applied; taken as written",
         UPSTREAM_LINE);
  }
  if (!line_begin(&l, text, length, &skip))
    return !l.failed;
  copy = portero_arena_text(&f->arena, text + skip, length - skip);
  if (!copy)
    return false;
  f->n_rules++;
  line_words(&l, copy);
  line_finish(&l);
  *out_is_filter = l.is_filter;
  return !l.failed;
}

/*
 * In Windows a call has to pass the filters and the firewall. One list of rules says the same only
 * when no filter that allows stands before one that blocks: those that allow then say nothing.
 */
static void join(struct rpcfw *f, struct portero_policy_rule *filters, size_t n_filters,
                 struct portero_policy_rule *rules, size_t n_rules)
{
  size_t n = 0;
  bool allowed = false;

  for (size_t i = 0; i < n_filters; i++) {
    struct rpcfw_line l = {.file = f, .number = filters[i].line};
    if (filters[i].action == PORTERO_ACTION_ALLOW) {
      allowed = true;
      continue;
    }
    if (allowed)
      (void)refuse(&l, "a flt: that blocks behind one that allows cannot be kept in one list with "
                       "fw: lines; put what it means into fw: lines");
    filters[n++] = filters[i];
  }
  /* filters and rules lie in one block, filters first */
  memmove(filters + n, rules, n_rules * sizeof *rules);
  f->options.calls = filters;
  f->options.n_calls = n + n_rules;
}

static size_t count_lines(struct portero_bytes text)
{
  size_t n = 1;

  for (size_t i = 0; i < text.size; i++)
    n += text.data[i] == '\n';
  return n;
}

static bool read_lines(struct rpcfw *f, struct portero_bytes text)
{
  size_t most = count_lines(text), at = 0, n_filters = 0, n_rules = 0;
  struct portero_policy_rule *all = portero_arena_array(&f->arena, 2 * most, sizeof *all), one;
  uint32_t number = 0;
  bool too_long = false, is_filter;

  if (!all)
    return false;
  while (at < text.size) {
    const char *line = (const char *)text.data + at;
    const char *end = memchr(line, '\n', text.size - at);
    size_t length = end ? (size_t)(end - line) : text.size - at, refused = f->n_refused;

    at += length + 1;
    length -= length > 0 && line[length - 1] == '\r';
    number++;
    if (!read_line(f, line, length, number, &too_long, &one, &is_filter) && f->n_refused == refused)
      return false;
    if (!one.name || f->n_refused > refused)
      continue;
    all[is_filter ? n_filters++ : most + n_rules++] = one;
  }
  f->n_lines = number;
  join(f, all, n_filters, all + most, n_rules);
  return true;
}

portero_status rpcfw_read(struct rpcfw *f, struct portero_bytes text)
{
  f->options.call_default = PORTERO_ACTION_ALLOW;
  f->options.registration_default = PORTERO_ACTION_ALLOW;
  if (!read_lines(f, text))
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  return f->n_refused ? portero_local(PORTERO_LOCAL_MALFORMED) : portero_ok();
}
