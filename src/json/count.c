/* SPDX-License-Identifier: Apache-2.0 */
/* Counts and tags that follow from what was said. */
#include "src/json/build.h"

/* Calls for each member that an expression is made of. */
static bool each_member(const struct portero_types *t, uint32_t code,
                        bool (*visit)(void *ctx, uint32_t member), void *ctx)
{
  const uint8_t *p = t->code + code;

  while (*p != PORTERO_CODE_END) {
    uint8_t op = *p++;
    uint32_t index = 0;
    unsigned shift = 0;
    if (op > PORTERO_CODE_PRESENT)
      continue;
    do {
      index |= shift < 32 ? (uint32_t)(*p & 0x7f) << shift : 0;
      shift += 7;
    } while (*p++ & 0x80);
    if (op != PORTERO_CODE_CONST && !visit(ctx, index))
      return false;
  }
  return true;
}

static bool is_given(void *ctx, uint32_t member)
{
  const struct json_scope *s = ctx;

  return s->given && s->given[member];
}

static bool mark_given(void *ctx, uint32_t member)
{
  const struct json_scope *s = ctx;

  if (s->given)
    s->given[member] = true;
  return true;
}

bool json_is_settled(const struct json_build *b, const struct json_scope *s, uint32_t code)
{
  struct json_scope copy = *s;

  return each_member(b->t, code, is_given, &copy);
}

static bool settle(struct json_build *b, struct json_scope *s, uint32_t code, int64_t value)
{
  if (json_is_settled(b, s, code))
    return true;
  if (!portero_types_invert(b->t, code, s->type, s->memory, value, b->arena))
    return json_fail(b, "what this goes by cannot be worked out: say it");
  return each_member(b->t, code, mark_given, s);
}

bool json_settle_count(struct json_build *b, struct json_scope *s, uint32_t code, size_t count,
                       size_t *out_count)
{
  int64_t said;

  if (count > INT32_MAX || !settle(b, s, code, (int64_t)count))
    return false;
  said = portero_types_eval(b->t, code, s->type, s->memory);
  if (said < (int64_t)count)
    return json_fail(b, "%zu elements, where the count says %lld", count, (long long)said);
  if (said > UINT32_MAX)
    return json_fail(b, "the count says %lld", (long long)said);
  *out_count = (size_t)said;
  return true;
}

bool json_settle_tag(struct json_build *b, struct json_scope *s, uint32_t code, int64_t tag)
{
  return settle(b, s, code, tag);
}
