/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words in which generated files describe stubs (FILE_wire.h). Such a file is compiled four
 * times, each time after this header with PORTERO_STUB_GET (0: writing, 1: reading) and
 * PORTERO_STUB_64 (0: NDR, 1: NDR64) set anew: one text, four sets of functions, none of which
 * asks at run time what it is.
 *
 *     FIXED(T, align, size) { ... }   struct T, always size bytes from a multiple of align: its
 *                                     members at offsets from there. FIXEDZ, ROOMZ: with gaps
 *     EACH(T) { ... }                 struct T whose size depends on what is in it
 *     TAIL(T) { ... }                 the same with a conformant array at its end, of c elements
 *     UNION(T) { ... }                union T, chosen by *tag
 *     REFS(T), UREFS(T) { ... }       what its pointers point to, after it
 *     POINTERS(X, T) { ... }          arrays of pointers T, named X
 *     ONE(T) ...                      a value alone
 *     IN(T), OUT(T) { ... }           parameters
 *
 * W(a, b) is a in NDR, b in NDR64. ROOM(align, size) is a run: one bounds check for all up to the
 * next one. In it, at a constant offset: V a value whose memory is the wire, E an enum of 16 bits,
 * L and UL __int3264, A a FIXED struct, R a pointer's referent identifier (RR: never null, RF: full,
 * to a type of this number), Z one that is ignored; with N behind the letter: as many of them. S and
 * ID are a V and an R alone.
 *
 * Little-endian hosts only: on others generated code is left to the type tables.
 */
#include <portero/stub.h>

/* clang-format off */
#undef ALIGN
#undef BULK
#undef CLEAR
#undef COUNT
#undef DEEP
#undef E
#undef EN
#undef ENTER
#undef F
#undef FBULK
#undef GAP
#undef L
#undef LATE
#undef LCOUNT
#undef LEAVE
#undef LENGTH
#undef LLENGTH
#undef LSAME
#undef LTAG
#undef LTOU
#undef LTOUR
#undef LU
#undef MSTR
#undef MWSTR
#undef NEED
#undef OBULK
#undef OMSTR
#undef OMWSTR
#undef ORUN
#undef ORUNR
#undef OSTR
#undef OVSTR
#undef OVWSTR
#undef OWSTR
#undef R
#undef RANGE
#undef REST
#undef REFP
#undef RF
#undef RFN
#undef RG
#undef RGE
#undef RN
#undef ROOM
#undef ROOMZ
#undef RR
#undef RRN
#undef RUN
#undef RUNR
#undef SAME
#undef STR
#undef STRP
#undef STUB_BYTES
#undef STUB_CONST
#undef STUB_FAILED_
#undef STUB_FULL
#undef STUB_NDR
#undef STUB_NEW
#undef STUB_ROOM
#undef STUB_ROOMZ
#undef TAG
#undef TAGE
#undef TAGVAL
#undef TCOUNT
#undef TLENGTH
#undef TO
#undef TOE
#undef TOF
#undef TOU
#undef TOUR
#undef TOV
#undef TOVF
#undef U
#undef UL
#undef V
#undef VSTR
#undef VWSTR
#undef W
#undef WRONG
#undef WSTR
#undef WSTRP
#undef Z

#if defined(PORTERO_STUB_GET) && defined(PORTERO_STUB_64)

#if PORTERO_STUB_64
#define W(ndr, ndr64) ndr64
#else
#define W(ndr, ndr64) ndr
#endif

#if PORTERO_STUB_GET && PORTERO_STUB_64
#define F(what, T) what##_##T##_get64
#elif PORTERO_STUB_GET
#define F(what, T) what##_##T##_get
#elif PORTERO_STUB_64
#define F(what, T) what##_##T##_put64
#else
#define F(what, T) what##_##T##_put
#endif

#ifndef PORTERO_STUB_WORDS
#define PORTERO_STUB_WORDS

#define STUB_LOCAL     __attribute__((unused)) static
#define STUB_ARGS(T)                                                                               \
  __attribute__((unused)) STUB_NDR *n, __attribute__((unused)) T STUB_CONST *v,                    \
      __attribute__((unused)) STUB_BYTES *p
#define STUB_SOME(T)   STUB_NDR *n, T STUB_CONST *v, size_t count
#define STUB_STRIDE(align, size) (((size_t)(size) + (align) - 1) & ~((size_t)(align) - 1))

#define FIXED(T, align, size)  STUB_FIXED(T, align, size, STUB_ROOM)
#define FIXEDZ(T, align, size) STUB_FIXED(T, align, size, STUB_ROOMZ)
#define STUB_FIXED(T, align, size, room)                                                           \
  STUB_LOCAL inline void F(at, T)(STUB_ARGS(struct T));                                            \
  STUB_LOCAL void F(run, T)(STUB_SOME(struct T))                                                   \
  {                                                                                                \
    STUB_BYTES *p = count ? room(n, align, portero_stub_span(count, align, size)) : NULL;          \
    for (size_t i = 0; p && i < count; i++)                                                        \
      F(at, T)(n, v + i, p + i * STUB_STRIDE(align, size));                                        \
  }                                                                                                \
  STUB_LOCAL inline void F(at, T)(STUB_ARGS(struct T))
#define EACH(T)                                                                                    \
  STUB_LOCAL void F(each, T)(STUB_ARGS(struct T));                                                 \
  STUB_LOCAL void F(run, T)(STUB_SOME(struct T))                                                   \
  {                                                                                                \
    for (size_t i = 0; i < count && !STUB_FAILED(n); i++)                                          \
      F(each, T)(n, v + i, NULL);                                                                  \
  }                                                                                                \
  STUB_LOCAL void F(each, T)(STUB_ARGS(struct T))
#define TAIL(T) STUB_LOCAL void F(tail, T)(STUB_ARGS(struct T), uint32_t c)
#define UNION(T) STUB_LOCAL void F(each, T)(STUB_ARGS(union T), STUB_CONST int64_t *tag)
#define STUB_REFS(T, type, one)                                                                    \
  STUB_LOCAL void F(ref, T)(STUB_ARGS(type));                                                      \
  STUB_LOCAL void F(refs, T)(STUB_SOME(type))                                                      \
  {                                                                                                \
    for (size_t i = 0; i < count && !STUB_FAILED(n); i++)                                          \
      F(ref, T)(n, v + i, NULL);                                                                   \
  }                                                                                                \
  one(T, type)                                                                                     \
  STUB_LOCAL void F(ref, T)(STUB_ARGS(type))
#define REFST(T) STUB_REFS(T, struct T, STUB_NO_ONE)
#define REFS(T)  STUB_REFS(T, struct T, STUB_ONE)
#define STUB_NO_ONE(T, type)
#define STUB_ONE(T, type)                                                                          \
  STUB_LOCAL void F(one, T)(STUB_NDR *n, type STUB_CONST *v)                                       \
  {                                                                                                \
    F(run, T)(n, v, 1);                                                                            \
    F(refs, T)(n, v, 1);                                                                           \
  }
#define UREFS(T) STUB_LOCAL void F(refs, T)(STUB_ARGS(union T), int64_t tag)
#define ONE(T)                                                                                     \
  STUB_LOCAL void F(one, T)(STUB_NDR *n, struct T STUB_CONST *v)                                   \
  {                                                                                                \
    F(run, T)(n, v, 1);                                                                            \
  }
#define POINTERS(X, T, ids)                                                                        \
  STUB_LOCAL void F(run, X)(STUB_SOME(T))                                                          \
  {                                                                                                \
    STUB_BYTES *p = count ? STUB_ROOM(n, W(4, 8), count * W(4u, 8u)) : NULL;                       \
    if (p)                                                                                         \
      ids(0, v, count)                                                                             \
  }                                                                                                \
  STUB_REFS(X, T, STUB_ONE)
#define POINTERSF(X, T, type)                                                                      \
  STUB_LOCAL void F(run, X)(STUB_SOME(T))                                                          \
  {                                                                                                \
    STUB_BYTES *p = count ? STUB_ROOM(n, W(4, 8), count * W(4u, 8u)) : NULL;                       \
    if (p)                                                                                         \
      RFN(0, v, count, type)                                                                       \
  }                                                                                                \
  STUB_REFS(X, T, STUB_ONE)
#define ONET(T, min, size)                                                                         \
  STUB_LOCAL void F(one, T)(STUB_NDR *n, struct T STUB_CONST *v)                                   \
  {                                                                                                \
    TCOUNT(c, min, size)                                                                           \
    F(tail, T)(n, v, NULL, c);                                                                     \
  }
#define ONETR(T, min, size)                                                                        \
  STUB_LOCAL void F(one, T)(STUB_NDR *n, struct T STUB_CONST *v)                                   \
  {                                                                                                \
    TCOUNT(c, min, size)                                                                           \
    F(tail, T)(n, v, NULL, c);                                                                     \
    F(refs, T)(n, v, 1);                                                                           \
  }
#define PROTO(T)                                                                                   \
  STUB_LOCAL void F(run, T)(STUB_SOME(struct T));                                                  \
  STUB_LOCAL void F(refs, T)(STUB_SOME(struct T));                                                 \
  STUB_LOCAL void F(one, T)(STUB_NDR *n, struct T STUB_CONST *v);
#define PROTOP(X, T)                                                                               \
  STUB_LOCAL void F(run, X)(STUB_SOME(T));                                                         \
  STUB_LOCAL void F(refs, X)(STUB_SOME(T));                                                        \
  STUB_LOCAL void F(one, X)(STUB_NDR *n, T STUB_CONST *v);
#define PROTOT(T) STUB_LOCAL void F(one, T)(STUB_NDR *n, struct T STUB_CONST *v);
#define PROTOU(T)                                                                                  \
  STUB_LOCAL void F(each, T)(STUB_ARGS(union T), STUB_CONST int64_t *tag);                         \
  STUB_LOCAL void F(refs, T)(STUB_ARGS(union T), int64_t tag);
#define STUB_PARAMS(T, in)                                                                         \
  STUB_LOCAL void F(params_##in, T)(STUB_ARGS(struct T));                                          \
  STUB_LOCAL void F(in, T)(STUB_NDR *n, STUB_CONST void *params)                                   \
  {                                                                                                \
    F(params_##in, T)(n, params, NULL);                                                            \
  }                                                                                                \
  STUB_LOCAL void F(params_##in, T)(STUB_ARGS(struct T))
#define IN(T) STUB_PARAMS(T, in)
#define OUT(T) STUB_PARAMS(T, out)

#define STUB_FAILED(n) STUB_FAILED_(n)
#define PBULK(m, min, align, size)                                                                 \
  if (m) {                                                                                         \
    DEEP(m) COUNT(c, min, size) BULK(m, c, align)                                                  \
  }
#define LPBULK(k, m, min, align, size)                                                             \
  if (m) {                                                                                         \
    DEEP(m) LCOUNT(k, c, min, size) BULK(m, c, align)                                              \
  }
#define PVBULK(m, min, align, size, length)                                                        \
  if (m) {                                                                                         \
    DEEP(m) COUNT(c, 0, size) LENGTH(l, c, min, length) BULK(m, l, align)                          \
  }
#define PRUN(m, T, min, size)                                                                      \
  if (m) {                                                                                         \
    DEEP(m) COUNT(c, min, size) RUN(m, T, c)                                                       \
  }
#define PRUNR(m, T, min, size)                                                                     \
  if (m) {                                                                                         \
    ENTER(m) COUNT(c, min, size) RUNR(m, T, c) LEAVE()                                             \
  }
#define A(o, m, T) F(at, T)(n, &(m), p + (o));
#define AN(o, m, T, count, stride)                                                                 \
  for (size_t i = 0; i < (count); i++)                                                             \
    F(at, T)(n, &(m)[i], p + (o) + i * (stride));
#define ID(m) { ROOM(W(4, 8), W(4, 8)) R(0, m) }
#define S(align, m) { ROOM(align, sizeof(m)) V(0, m) }
#define PART(m, T) F(run, T)(n, &(m), 1);
#define PARTN(m, T, count) F(run, T)(n, m, count);
#define PARTT(m, T, c) F(tail, T)(n, &(m), NULL, c);
#define WHOLE(m, T) F(one, T)(n, &(m));
#define REF(m, T) F(refs, T)(n, &(m), 1);
#define REFN(m, T, count) F(refs, T)(n, m, count);
#define UREF(m, T, choice) F(refs, T)(n, &(m), NULL, choice);
#define I(m) ((int64_t)(m))
#define IE(m) ((int64_t)(int32_t)(m))
#define D(m) ((m) ? (int64_t)*(m) : 0)
#define DE(m) ((m) ? (int64_t)(int32_t)*(m) : 0)
#endif

#if PORTERO_STUB_GET
#include <portero/stub_get.h>
#else
#include <portero/stub_put.h>
#endif

#endif
/* clang-format on */
