/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of generated files that convert between a program's own types and what travels for
 * them. Nothing else includes this: they are short.
 *
 *     CONVERT(f, from, to)              the program's function f on one value
 *     CONVERT_REF(f, T, from, to)       the same from what a pointer T points to
 *     CONVERT_TO_REF(f, T, from, to)    to what such a pointer points to
 *
 * c is struct portero_stub_hook_run. After a failure nothing more is converted.
 */
#ifndef PORTERO_STUB_HOOK_H
#define PORTERO_STUB_HOOK_H

#include <portero/stub.h>

/* clang-format off */
#define CONVERT(f, from, to)                                                                       \
  if (portero_is_ok(c->status)) {                                                                  \
    c->what = #f;                                                                                  \
    c->status = f(from, c->arena, to);                                                             \
  }
#define CONVERT_REF(f, T, from, to)                                                                \
  if (portero_is_ok(c->status)) {                                                                  \
    T r = from;                                                                                    \
    CONVERT(f, &r, to)                                                                             \
  }
#define CONVERT_TO_REF(f, T, from, to)                                                             \
  if (portero_is_ok(c->status)) {                                                                  \
    T r = NULL;                                                                                    \
    CONVERT(f, from, &r)                                                                           \
    if (r && portero_is_ok(c->status))                                                             \
      to = *r;                                                                                     \
    else if (portero_is_ok(c->status))                                                             \
      c->status = portero_local(PORTERO_LOCAL_USAGE);                                              \
  }
/* The words of expressions, as in <portero/stub_pass.h>. */
#ifndef PORTERO_STUB_WORDS
#undef I /* a program's headers may include <complex.h> */
#define I(m) ((int64_t)(m))
#define IE(m) ((int64_t)(int32_t)(m))
#define D(m) ((m) ? (int64_t)*(m) : 0)
#define DE(m) ((m) ? (int64_t)(int32_t)*(m) : 0)
#endif
/* clang-format on */

PORTERO_BEGIN_DECLS

static inline void portero_stub_hook_fail(struct portero_stub_hook_run *c, enum portero_local code)
{
  if (portero_is_ok(c->status))
    c->status = portero_local(code);
}
/* Around what is behind a pointer; false: there was a failure, or it is too deep. */
static inline bool portero_stub_hook_enter(struct portero_stub_hook_run *c)
{
  if (c->depth == 0)
    portero_stub_hook_fail(c, PORTERO_LOCAL_LIMIT);
  if (!portero_is_ok(c->status))
    return false;
  c->depth--;
  return true;
}
static inline void portero_stub_hook_leave(struct portero_stub_hook_run *c)
{
  c->depth++;
}
/* What an expression says, as a count; 0 and failed when it cannot be one. */
static inline size_t portero_stub_hook_count(struct portero_stub_hook_run *c, int64_t count)
{
  if (count >= 0 && count <= UINT32_MAX)
    return (size_t)count;
  portero_stub_hook_fail(c, PORTERO_LOCAL_USAGE);
  return 0;
}
/* Zeroed memory for count values; NULL after a failure. */
static inline void *portero_stub_hook_new(struct portero_stub_hook_run *c, size_t count,
                                          size_t size)
{
  void *p = portero_is_ok(c->status) ? portero_arena_array(c->arena, count, size) : NULL;

  if (!p)
    portero_stub_hook_fail(c, PORTERO_LOCAL_LIMIT);
  return p;
}

PORTERO_END_DECLS

#endif
