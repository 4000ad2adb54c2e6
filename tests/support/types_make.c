/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/types_make.h"

#define IN     PORTERO_MEMBER_IN
#define OUT    PORTERO_MEMBER_OUT
#define UNIQUE PORTERO_TYPE_UNIQUE
#define FIELD  PORTERO_CODE_FIELD

/* The builder with the rows that all samples need. */
struct table {
  struct types_build *b;
  uint32_t u8, u16, u32, u64;
  uint32_t field[4]; /* expressions: the first members */
};

static struct table table_init(struct types_build *b)
{
  struct table f = {.b = b};

  build_init(b);
  f.u8 = build_scalar(b, PORTERO_KIND_UINT8);
  f.u16 = build_scalar(b, PORTERO_KIND_UINT16);
  f.u32 = build_scalar(b, PORTERO_KIND_UINT32);
  f.u64 = build_scalar(b, PORTERO_KIND_UINT64);
  for (uint8_t i = 0; i < 4; i++)
    f.field[i] = BUILD_CODE(b, FIELD, i);
  return f;
}

static uint32_t unique(struct table *f, uint32_t of)
{
  return build_pointer(f->b, UNIQUE, of);
}

/* ---- the declarations, and values of them ---- */

struct pad {
  uint8_t a;
  uint64_t b;
  uint16_t c;
};
static const struct {
  uint8_t p0;
  struct pad s;
  uint8_t z;
} pad_value = {0x55, {1, 0x1122334455667788, 3}, 0x66};

uint32_t types_make_pad(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t s = BUILD_STRUCT(f->b, 0, {"a", f->u8, 0, 0}, {"b", f->u64, 0, 0}, {"c", f->u16, 0, 0});

  *out_value = &pad_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"p0", f->u8, IN, 0}, {"s", s, IN, 0},
                      {"z", f->u8, IN, 0});
}

static const struct {
  uint32_t a, b, c, e, v;
} enum_value = {1, 9, 7, 7, 9};

uint32_t types_make_enums(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t e16 = build_scalar(f->b, PORTERO_KIND_ENUM16);
  uint32_t e32 = build_scalar(f->b, PORTERO_KIND_ENUM32);
  uint32_t s = BUILD_STRUCT(f->b, 0, {"a", e16, 0, 0}, {"b", e32, 0, 0}, {"c", e16, 0, 0});

  *out_value = &enum_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"s", s, IN, 0}, {"e", e16, IN, 0},
                      {"v", e32, IN, 0});
}

static const uint16_t one_two_three[3] = {1, 2, 3};
static const struct {
  uint8_t p0;
  uint32_t n;
  const uint16_t *a;
  uint32_t z;
} array_value = {0x55, 3, one_two_three, 7};

uint32_t types_make_array(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t a = build_conformant(f->b, f->u16, f->field[1]);

  *out_value = &array_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"p0", f->u8, IN, 0}, {"n", f->u32, IN, 0},
                      {"a", a, IN, 0}, {"z", f->u32, IN, 0});
}

static const struct {
  uint32_t m, l;
  const uint16_t *a;
  uint8_t z;
} varying_value = {4, 2, one_two_three, 0x66};

uint32_t types_make_varying(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t a = build_conformant(f->b, f->u16, f->field[0]);

  f->b->types[a].flags |= PORTERO_TYPE_VARYING;
  f->b->types[a].length = f->field[1];
  *out_value = &varying_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"m", f->u32, IN, 0}, {"l", f->u32, IN, 0},
                      {"a", a, IN, 0}, {"z", f->u8, IN, 0});
}

static const struct {
  const char *s, *w, *nul;
} strings_value = {"abc", "", NULL};

uint32_t types_make_strings(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t s = build_string(f->b, PORTERO_KIND_CHAR);
  uint32_t w = build_string(f->b, PORTERO_KIND_WCHAR);

  *out_value = &strings_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"s", s, IN, 0}, {"w", w, IN, 0},
                      {"nul", unique(f, w), IN, 0});
}

struct tail {
  uint32_t n;
  const uint8_t *d;
};
static const struct {
  uint8_t p0;
  struct {
    uint16_t x;
    struct tail i;
  } s;
  uint8_t z;
} nested_value = {0x55, {9, {3, (const uint8_t *)"xyz"}}, 0x66};

uint32_t types_make_nested(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t d = build_conformant(f->b, f->u8, f->field[0]);
  uint32_t i = BUILD_STRUCT(f->b, 0, {"n", f->u32, 0, 0}, {"d", d, 0, 0});
  uint32_t s = BUILD_STRUCT(f->b, 0, {"x", f->u16, 0, 0}, {"i", i, 0, 0});

  *out_value = &nested_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"p0", f->u8, IN, 0}, {"s", s, IN, 0},
                      {"z", f->u8, IN, 0});
}

static const uint32_t ten = 10, eleven = 11, twelve = 12;
struct pointers {
  const uint32_t *a, *b;
  uint16_t c;
};
static const struct {
  struct pointers s;
  const uint32_t *u;
  uint8_t z;
} pointers_value = {{&ten, &eleven, 0x1234}, &twelve, 0x66};

static uint32_t build_pointers(struct table *f)
{
  uint32_t p = unique(f, f->u32);

  return BUILD_STRUCT(f->b, 0, {"a", p, 0, 0}, {"b", p, 0, 0}, {"c", f->u16, 0, 0});
}

uint32_t types_make_pointers(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t s = build_pointers(f);

  *out_value = &pointers_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"s", s, IN, 0}, {"u", unique(f, f->u32), IN, 0},
                      {"z", f->u8, IN, 0});
}

static const struct share {
  const char *name, *comment;
} shares[2] = {{"A", "bc"}, {NULL, ""}};
static const struct {
  uint32_t n;
  const struct share *s;
} shares_value = {2, shares};

uint32_t types_make_shares(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t name = unique(f, build_string(f->b, PORTERO_KIND_WCHAR));
  uint32_t comment = unique(f, build_string(f->b, PORTERO_KIND_CHAR));
  uint32_t s = BUILD_STRUCT(f->b, 0, {"name", name, 0, 0}, {"comment", comment, 0, 0});

  *out_value = &shares_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"n", f->u32, IN, 0},
                      {"s", build_conformant(f->b, s, f->field[0]), IN, 0});
}

union arms {
  uint8_t c;
  uint64_t h;
  const uint32_t *p;
  uint16_t s;
};
struct tagged {
  uint16_t t;
  union arms u;
  uint8_t z;
};
struct tagged_value {
  uint8_t p0;
  struct tagged s;
  uint8_t z;
};
static const struct tagged_value with_char = {0x55, {1, {.c = 0x41}, 0x77}, 0x66},
                                 with_hyper = {0x55, {2, {.h = 0x1122334455667788}, 0x77}, 0x66},
                                 with_pointer = {0x55, {3, {.p = &ten}, 0x77}, 0x66},
                                 with_nothing = {0x55, {4, {.h = 0}, 0x77}, 0x66},
                                 with_default = {0x55, {99, {.s = 0x4242}, 0x77}, 0x66};

static uint32_t build_tagged(struct table *f, unsigned flags)
{
  uint32_t u = BUILD_UNION(f->b, flags, f->u16, {"c", f->u8, 0, 1}, {"h", f->u64, 0, 2},
                           {"p", unique(f, f->u32), 0, 3}, {"", 0, 0, 4},
                           {"s", f->u16, PORTERO_MEMBER_DEFAULT, 0});
  uint32_t by_t = build_switch(f->b, u, f->field[0]);

  return BUILD_STRUCT(f->b, 0, {"t", f->u16, 0, 0}, {"u", by_t, 0, 0}, {"z", f->u8, 0, 0});
}

static uint32_t make_tagged(struct table *f, unsigned flags)
{
  uint32_t s = build_tagged(f, flags);

  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"p0", f->u8, IN, 0}, {"s", s, IN, 0},
                      {"z", f->u8, IN, 0});
}

#define TAGGED(name)                                                                               \
  uint32_t types_make_##name(struct types_build *b, const void **out_value)                        \
  {                                                                                                \
    struct table all = table_init(b), *f = &all;                                                   \
    *out_value = &name;                                                                            \
    return make_tagged(f, 0);                                                                      \
  }                                                                                                \
  uint32_t types_make_ms_##name(struct types_build *b, const void **out_value)                     \
  {                                                                                                \
    struct table all = table_init(b), *f = &all;                                                   \
    *out_value = &name;                                                                            \
    return make_tagged(f, PORTERO_TYPE_MS_UNION);                                                  \
  }
TAGGED(with_char)
TAGGED(with_hyper)
TAGGED(with_pointer)
TAGGED(with_nothing)
TAGGED(with_default)

/* The count comes after the array: it is compared in the end. */
static const struct tagged two_tagged[2] = {{3, {.p = &ten}, 1}, {1, {.c = 2}, 3}};
static const struct {
  const struct tagged *a;
  uint32_t n;
} tagged_array_value = {two_tagged, 2};

uint32_t types_make_tagged_array(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t a = build_conformant(f->b, build_tagged(f, 0), f->field[1]);
  uint32_t s = BUILD_STRUCT(f->b, 0, {"a", unique(f, a), 0, 0}, {"n", f->u32, 0, 0});

  *out_value = &tagged_array_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"s", s, IN, 0});
}

static const struct {
  uint32_t t;
  union {
    uint8_t c;
    uint16_t s;
  } u;
  uint8_t z;
} small_arms = {1, {0x41}, 0x77};
static const struct {
  uint8_t p0;
  uint32_t t;
  uint16_t u;
  uint8_t z1, z;
} small_value = {0x55, 1, 0x41, 0x77, 0x66};

/* {u32 t; union u; u8 z}: laid out like small_value without the struct around it. */
uint32_t types_make_small(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  static struct {
    uint8_t p0;
    struct {
      uint32_t t;
      union {
        uint8_t c;
        uint16_t s;
      } u;
      uint8_t z;
    } s;
    uint8_t z;
  } value;
  uint32_t u = BUILD_UNION(f->b, 0, f->u32, {"c", f->u8, 0, 1}, {"s", f->u16, 0, 2});
  uint32_t by_t = build_switch(f->b, u, f->field[0]);
  uint32_t s = BUILD_STRUCT(f->b, 0, {"t", f->u32, 0, 0}, {"u", by_t, 0, 0}, {"z", f->u8, 0, 0});

  value.p0 = small_value.p0;
  value.s.t = small_arms.t;
  value.s.u.c = small_arms.u.c;
  value.s.z = small_arms.z;
  value.z = small_value.z;
  *out_value = &value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"p0", f->u8, IN, 0}, {"s", s, IN, 0},
                      {"z", f->u8, IN, 0});
}

struct node {
  uint32_t v;
  const struct node *next;
};
static const struct node third = {3, NULL}, second = {2, &third}, list_value = {1, &second};

static uint32_t build_node(struct table *f)
{
  uint32_t s = BUILD_STRUCT(f->b, 0, {"v", f->u32, 0, 0}, {"next", f->u32, 0, 0});

  f->b->members[f->b->types[s].first + 1].type = unique(f, s);
  return s;
}

uint32_t types_make_list(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t s = build_node(f);

  *out_value = &list_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"n", s, IN, 0});
}

static const struct pointers two_pointers[2] = {{&ten, NULL, 5}, {NULL, &eleven, 6}};
static const struct {
  uint8_t p0;
  struct {
    uint32_t n;
    const struct pointers *d;
  } s;
} tail_value = {0x55, {2, two_pointers}};

uint32_t types_make_tail(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t d = build_conformant(f->b, build_pointers(f), f->field[0]);
  uint32_t s = BUILD_STRUCT(f->b, 0, {"n", f->u32, 0, 0}, {"d", d, 0, 0});

  *out_value = &tail_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"p0", f->u8, IN, 0}, {"s", s, IN, 0});
}

static const struct {
  int16_t a[2][3];
  uint8_t z;
} rows_value = {{{1, 2, 3}, {4, 5, 6}}, 0x66};

uint32_t types_make_rows(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t a = build_fixed(f->b, build_fixed(f->b, f->u16, 3), 2);

  *out_value = &rows_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"a", a, IN, 0}, {"z", f->u8, IN, 0});
}

static const uint32_t five = 5;
static const struct {
  const uint32_t *a, *b, *c;
} alias_value = {&five, &five, NULL};

uint32_t types_make_alias(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t p = build_pointer(f->b, PORTERO_TYPE_FULL, f->u32);

  *out_value = &alias_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"a", p, IN, 0}, {"b", p, IN, 0}, {"c", p, IN, 0});
}

static const struct {
  uint8_t p0;
  struct {
    uint16_t t;
    union {
      uint8_t c;
      double d;
      const uint32_t *p;
    } u;
  } u;
  uint8_t z;
} encapsulated_value = {0x55, {2, {.d = 1.0}}, 0x66};

uint32_t types_make_encapsulated(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t d = build_scalar(f->b, PORTERO_KIND_DOUBLE);
  uint32_t u = BUILD_UNION(f->b, PORTERO_TYPE_NO_TAG, f->u16, {"c", f->u8, 0, 1}, {"d", d, 0, 2},
                           {"p", unique(f, f->u32), 0, 3}, {"", 0, PORTERO_MEMBER_DEFAULT, 0});
  uint32_t s = BUILD_STRUCT(f->b, PORTERO_TYPE_ENCAPSULATED, {"t", f->u16, 0, 0},
                            {"u", build_switch(f->b, u, f->field[0]), 0, 0});

  *out_value = &encapsulated_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"p0", f->u8, IN, 0}, {"u", s, IN, 0},
                      {"z", f->u8, IN, 0});
}

static const struct {
  uint8_t c;
  int64_t x;
} word_value = {1, 0x11223344};

uint32_t types_make_word(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  *out_value = &word_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"c", f->u8, IN, 0},
                      {"x", build_scalar(f->b, PORTERO_KIND_INT3264), IN, 0});
}

static const uint32_t *const to_ten = &ten;
static const struct {
  const uint32_t *const *pp;
} double_value = {&to_ten};

uint32_t types_make_double(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  *out_value = &double_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"pp", unique(f, unique(f, f->u32)), IN, 0});
}

/* size_is(n ? *n : 0) of a later parameter: what BaseRegQueryValue has. */
static const uint8_t bytes[3] = {1, 2, 3};
static const uint32_t three = 3;
static const struct {
  const uint8_t *data;
  const uint32_t *size, *length;
} query_value = {bytes, &three, &three};

uint32_t types_make_query(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t n = unique(f, f->u32);
  uint32_t data = build_conformant(f->b, f->u8,
                                   BUILD_CODE(f->b, PORTERO_CODE_PRESENT, 1, PORTERO_CODE_DEREF, 1,
                                              PORTERO_CODE_CONST, 0, PORTERO_CODE_COND));

  f->b->types[data].flags |= PORTERO_TYPE_VARYING;
  f->b->types[data].length = BUILD_CODE(f->b, PORTERO_CODE_PRESENT, 2, PORTERO_CODE_DEREF, 2,
                                        PORTERO_CODE_CONST, 0, PORTERO_CODE_COND);
  *out_value = &query_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"data", unique(f, data), IN | OUT, 0},
                      {"size", n, IN | OUT, 0}, {"length", n, IN | OUT, 0});
}

/* Two rows of three, all that conforms and varies in front: C706 14.3.3.5. */
static const uint16_t *const two_rows[2] = {one_two_three, one_two_three};
static const struct {
  uint32_t m, n, l;
  const uint16_t *const *a;
} matrix_value = {2, 4, 3, two_rows};

uint32_t types_make_matrix(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t row = build_conformant(f->b, f->u16, f->field[1]);
  uint32_t rows;

  f->b->types[row].flags |= PORTERO_TYPE_VARYING;
  f->b->types[row].length = f->field[2];
  rows = build_conformant(f->b, row, f->field[0]);
  f->b->types[rows].flags |= PORTERO_TYPE_VARYING;
  *out_value = &matrix_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"m", f->u32, IN, 0}, {"n", f->u32, IN, 0},
                      {"l", f->u32, IN, 0}, {"a", rows, IN, 0});
}

/* Data goes first on the way out, while the operation is still at work. */
static const struct {
  struct portero_pipe data;
  uint32_t result;
} pipe_value = {{3, one_two_three}, 7};

uint32_t types_make_pipe(struct types_build *b, const void **out_value)
{
  struct table all = table_init(b), *f = &all;
  uint32_t p = build_type(f->b, (struct portero_type){.kind = PORTERO_KIND_PIPE, .of = f->u16});

  *out_value = &pipe_value;
  return BUILD_STRUCT(f->b, PORTERO_TYPE_PARAMS, {"data", p, IN | OUT, 0},
                      {"result", f->u32, IN | OUT | PORTERO_MEMBER_RESULT, 0});
}
