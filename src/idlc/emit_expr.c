/* SPDX-License-Identifier: Apache-2.0 */
/* size_is and its kin as expressions of C that never overflow. */
#include "src/idlc/emit_wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *emit_format(const struct idlc_emit *e, const char *format, ...)
{
  va_list args;
  int length;
  char *text;

  va_start(args, format);
  length = vsnprintf(NULL, 0, format, args);
  va_end(args);
  text = length < 0 ? NULL : portero_arena_alloc(e->sources->arena, (size_t)length + 1);
  if (!text)
    return "";
  va_start(args, format);
  (void)vsnprintf(text, (size_t)length + 1, format, args);
  va_end(args);
  return text;
}

/* ---- decoding: the table has been checked ---- */

struct instruction {
  enum portero_code code;
  int64_t number;
};

static struct instruction next(const struct idlc_emit *e, uint32_t *at)
{
  const uint8_t *p = e->program->types.code + *at;
  struct instruction i = {(enum portero_code)*p++, 0};
  uint64_t value = 0;
  unsigned shift = 0;

  if (i.code >= PORTERO_CODE_CONST && i.code <= PORTERO_CODE_PRESENT) {
    do {
      value |= (uint64_t)(*p & 0x7f) << shift;
      shift += 7;
    } while ((*p++ & 0x80) && shift < 64);
    if (i.code == PORTERO_CODE_CONST && shift < 64 && (p[-1] & 0x40))
      value |= UINT64_MAX << shift;
    i.number = (int64_t)value;
  }
  *at = (uint32_t)(p - e->program->types.code);
  return i;
}

bool emit_expr_has_fields(const struct idlc_emit *e, uint32_t code)
{
  for (struct instruction i = next(e, &code); i.code != PORTERO_CODE_END; i = next(e, &code))
    if (i.code >= PORTERO_CODE_FIELD && i.code <= PORTERO_CODE_PRESENT)
      return true;
  return false;
}

bool emit_expr_has_deref(const struct idlc_emit *e, uint32_t code)
{
  for (struct instruction i = next(e, &code); i.code != PORTERO_CODE_END; i = next(e, &code))
    if (i.code == PORTERO_CODE_DEREF)
      return true;
  return false;
}

/* Members are met in order; those of the other direction are there from the start. */
static bool is_known(const struct emit_function *f, const struct instruction *i)
{
  const struct portero_types *t = &f->x->e->program->types;
  const struct portero_member *m = &t->members[t->types[f->scope].first + (uint32_t)i->number];
  unsigned met = f->is_out ? PORTERO_MEMBER_OUT : PORTERO_MEMBER_IN;

  if (f->pass == EMIT_REFERENTS)
    return i->code != PORTERO_CODE_DEREF || i->number < f->member;
  if (f->pass == EMIT_IN_PLACE)
    return i->code != PORTERO_CODE_DEREF && i->number < f->member;
  return i->number < f->member || !(m->flags & met);
}

bool emit_expr_is_ready(const struct emit_function *f, uint32_t code)
{
  for (struct instruction i = next(f->x->e, &code); i.code != PORTERO_CODE_END;
       i = next(f->x->e, &code))
    if (i.code >= PORTERO_CODE_FIELD && i.code <= PORTERO_CODE_PRESENT && !is_known(f, &i))
      return false;
  return true;
}

/* ---- text ---- */

/* is_int: of type int, else int64_t. bits: that any value of it needs, the sign's among them. */
struct term {
  const char *text;
  bool is_int;
  unsigned bits;
};

static struct term constant(const struct idlc_emit *e, int64_t value)
{
  uint64_t size = value < 0 ? ~(uint64_t)value : (uint64_t)value;
  struct term t = {NULL, value > -INT32_MAX && value <= INT32_MAX, 1};

  for (; size; size >>= 1)
    t.bits++;
  if (value == INT64_MIN)
    t.text = "(-INT64_MAX - 1)";
  else if (value < 0)
    t.text = emit_format(e, "(%" PRId64 "%s)", value, t.is_int ? "" : "ll");
  else
    t.text = emit_format(e, "%" PRId64 "%s", value, t.is_int ? "" : "ll");
  return t;
}

static unsigned bits_of(uint8_t kind)
{
  switch (kind) {
  case PORTERO_KIND_INT8:
  case PORTERO_KIND_UINT8:
  case PORTERO_KIND_BOOLEAN:
  case PORTERO_KIND_BYTE:
  case PORTERO_KIND_CHAR:
    return 9;
  case PORTERO_KIND_INT16:
  case PORTERO_KIND_UINT16:
  case PORTERO_KIND_WCHAR:
    return 17;
  case PORTERO_KIND_INT64:
  case PORTERO_KIND_UINT64:
  case PORTERO_KIND_INT3264:
  case PORTERO_KIND_UINT3264:
    return 64;
  default:
    return 33;
  }
}

static struct term field(const struct idlc_emit *e, const struct instruction *i, uint32_t scope,
                         const char *path)
{
  const struct portero_types *t = &e->program->types;
  uint32_t at = t->types[scope].first + (uint32_t)i->number;
  const struct portero_type *type = &t->types[t->members[at].type];
  const char *name = emit_member_name(e, at);
  bool deref = i->code == PORTERO_CODE_DEREF;
  struct term term = {NULL, false, 2};

  if (i->code == PORTERO_CODE_PRESENT) {
    term.is_int = true;
    term.text = emit_format(e, "(%s%s != NULL)", path, name);
    return term;
  }
  if (deref)
    type = &t->types[type->of];
  term.bits = bits_of(type->kind);
  term.text = emit_format(e, "%s%s(%s%s)", deref ? "D" : "I", emit_is_enum(type) ? "E" : "", path,
                          name);
  return term;
}

static const char *const operators[PORTERO_CODES] = {
    [PORTERO_CODE_ADD] = "+",   [PORTERO_CODE_SUB] = "-",   [PORTERO_CODE_MUL] = "*",
    [PORTERO_CODE_DIV] = "/",   [PORTERO_CODE_MOD] = "%",   [PORTERO_CODE_AND] = "&",
    [PORTERO_CODE_OR] = "|",    [PORTERO_CODE_XOR] = "^",   [PORTERO_CODE_SHL] = "<<",
    [PORTERO_CODE_SHR] = ">>",  [PORTERO_CODE_EQ] = "==",   [PORTERO_CODE_NE] = "!=",
    [PORTERO_CODE_LT] = "<",    [PORTERO_CODE_LE] = "<=",   [PORTERO_CODE_GT] = ">",
    [PORTERO_CODE_GE] = ">=",   [PORTERO_CODE_LAND] = "&&", [PORTERO_CODE_LOR] = "||",
};
static const char *const helpers[PORTERO_CODES] = {
    [PORTERO_CODE_ADD] = "add", [PORTERO_CODE_SUB] = "sub", [PORTERO_CODE_MUL] = "mul",
    [PORTERO_CODE_DIV] = "div", [PORTERO_CODE_MOD] = "mod", [PORTERO_CODE_SHL] = "shl",
    [PORTERO_CODE_SHR] = "shr",
};

static unsigned bits_after(enum portero_code code, const struct term *a, const struct term *b)
{
  unsigned most = a->bits > b->bits ? a->bits : b->bits;

  if (code == PORTERO_CODE_ADD || code == PORTERO_CODE_SUB)
    return most + 1;
  if (code == PORTERO_CODE_MUL)
    return a->bits + b->bits;
  if (code == PORTERO_CODE_DIV)
    return a->bits + 1;
  if (code == PORTERO_CODE_SHL || code == PORTERO_CODE_SHR)
    return 65; /* never C's own */
  return code >= PORTERO_CODE_EQ && code <= PORTERO_CODE_LOR ? 2 : most;
}

/* A divisor that C can be trusted with: a constant above 0. */
static bool is_divisor(const char *text)
{
  return text[0] >= '1' && text[0] <= '9';
}

static struct term binary(const struct idlc_emit *e, enum portero_code code, struct term a,
                          struct term b)
{
  unsigned bits = bits_after(code, &a, &b);
  bool is_int = a.is_int && b.is_int;
  bool divides = code == PORTERO_CODE_DIV || code == PORTERO_CODE_MOD;
  struct term t = {NULL, is_int || bits == 2, bits};

  if (bits > (is_int ? 32u : 64u) || (divides && !is_divisor(b.text))) {
    t.bits = 64;
    t.is_int = false;
    t.text = emit_format(e, "portero_stub_%s(%s, %s)", helpers[code], a.text, b.text);
  } else {
    t.text = emit_format(e, "(%s %s %s)", a.text, operators[code], b.text);
  }
  return t;
}

static struct term unary(const struct idlc_emit *e, enum portero_code code, struct term a)
{
  if (code == PORTERO_CODE_LNOT)
    return (struct term){emit_format(e, "(!%s)", a.text), true, 2};
  if (code == PORTERO_CODE_NOT)
    return (struct term){emit_format(e, "(~%s)", a.text), a.is_int, a.bits};
  return (struct term){emit_format(e, "portero_stub_sub(0, %s)", a.text), false, 64};
}

/* Without the brackets around all of it. */
static const char *unwrap(const struct idlc_emit *e, const char *text)
{
  size_t length = strlen(text);
  unsigned depth = 0;

  for (size_t i = 0; i < length; i++) {
    depth += text[i] == '(' ? 1 : 0;
    depth -= text[i] == ')' ? 1 : 0;
    if (depth == 0 && i + 1 < length)
      return text;
  }
  return text[0] == '(' ? emit_format(e, "%.*s", (int)length - 2, text + 1) : text;
}

/* "p ? *p : 0" is what D(p) says already. */
static bool is_presence_of(const char *condition, const char *a, const char *b)
{
  size_t length = strlen(condition), skip = a[0] == 'D' && a[1] == 'E' ? 3 : 2;

  return a[0] == 'D' && strcmp(b, "0") == 0 && length == strlen(a) - skip - 1 + sizeof "( != NULL)" - 1 &&
         strncmp(condition + 1, a + skip, strlen(a) - skip - 1) == 0 &&
         strcmp(condition + length - sizeof " != NULL)" + 1, " != NULL)") == 0;
}

const char *emit_expr(const struct idlc_emit *e, uint32_t code, uint32_t scope, const char *path)
{
  struct term stack[PORTERO_CODE_STACK + 3] = {{"0", true, 1}};
  unsigned n = 0;

  for (struct instruction i = next(e, &code); i.code != PORTERO_CODE_END && n <= PORTERO_CODE_STACK;
       i = next(e, &code)) {
    if (i.code == PORTERO_CODE_CONST) {
      stack[n++] = constant(e, i.number);
    } else if (i.code <= PORTERO_CODE_PRESENT) {
      stack[n++] = field(e, &i, scope, path);
    } else if (i.code <= PORTERO_CODE_LNOT && n >= 1) {
      stack[n - 1] = unary(e, i.code, stack[n - 1]);
    } else if (i.code == PORTERO_CODE_COND && n >= 3) {
      n -= 2;
      if (is_presence_of(stack[n - 1].text, stack[n].text, stack[n + 1].text)) {
        stack[n - 1] = stack[n];
        continue;
      }
      stack[n - 1].text = emit_format(e, "(%s ? %s : %s)", stack[n - 1].text, stack[n].text,
                                      stack[n + 1].text);
      stack[n - 1].is_int = stack[n].is_int && stack[n + 1].is_int;
      stack[n - 1].bits =
          stack[n].bits > stack[n + 1].bits ? stack[n].bits : stack[n + 1].bits;
    } else if (n >= 2) {
      n--;
      stack[n - 1] = binary(e, i.code, stack[n - 1], stack[n]);
    }
  }
  return unwrap(e, stack[0].text);
}
