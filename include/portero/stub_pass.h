/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words in which generated files describe stubs (FILE_wire.h). Such a file is compiled four
 * times, each time after this header with PORTERO_STUB_GET (0: writing, 1: reading) and
 * PORTERO_STUB_64 (0: NDR, 1: NDR64) set anew: one text, four sets of functions, none of which
 * asks at run time what it is.
 *
 *     FIXED(T, align, size) { ... }   struct T, always size bytes from a multiple of align.
 *                                     FIXEDZ, ROOMZ: with gaps
 *     EACH(T) { ... }                 struct T whose size depends on what is in it
 *     TAIL(T) { ... }                 the same with a conformant array at its end, of c elements
 *     UNION(T) { ... }                union T, chosen by *tag
 *     REFS(T), UREFS(T) { ... }       what its pointers point to, after it
 *     POINTERS(X, T) { ... }          arrays of pointers T, named X
 *     ONE(T) ...                      a value alone
 *     IN(T), OUT(T) { ... }           parameters
 *
 * W(a, b) is a in NDR, b in NDR64. ROOM(align, size) is a run: one bounds check for all up to the
 * next one. In it, each at the next multiple of its own alignment (o counts, and is a constant once
 * it is compiled; PHASE: from bytes in front of the run, which begins off the grid): V a value whose
 * memory is the wire, E an enum of 16 bits, L and UL __int3264, A a FIXED struct, R a pointer's referent identifier (RR: never null,
 * RF: full, to a type of this number), Z one that is ignored; with N behind the letter: as many of
 * them. S and ID are a V and an R alone.
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
#undef ENTER
#undef F
#undef FBULK
#undef GAP
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
#undef RANGE
#undef REST
#undef REFP
#undef RG
#undef RGE
#undef ROOM
#undef ROOMZ
#undef RUN
#undef RUNR
#undef SAME
#undef STR
#undef STRP
#undef STUB_BYTES
#undef STUB_CONST
#undef STUB_E
#undef STUB_FAILED_
#undef STUB_FULL
#undef STUB_L
#undef STUB_NDR
#undef STUB_NEW
#undef STUB_R
#undef STUB_RF
#undef STUB_ROOM
#undef STUB_ROOMZ
#undef STUB_RR
#undef STUB_UL
#undef STUB_V
#undef STUB_Z
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
#undef VSTR
#undef VWSTR
#undef W
#undef WRONG
#undef WSTR
#undef WSTRP

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
      __attribute__((unused)) STUB_BYTES *p, __attribute__((unused)) size_t o
#define STUB_SOME(T)   STUB_NDR *n, T STUB_CONST *v, size_t count
#define STUB_STRIDE(align, size) (((size_t)(size) + (align) - 1) & ~((size_t)(align) - 1))

#define FIXED(T, align, size)  STUB_FIXED(T, align, size, STUB_ROOM)
#define FIXEDZ(T, align, size) STUB_FIXED(T, align, size, STUB_ROOMZ)
#define STUB_FIXED(T, align, size, room)                                                           \
  enum { F(its_align, T) = (align), F(its_size, T) = (size) };                                     \
  STUB_LOCAL inline void F(at, T)(STUB_ARGS(struct T));                                            \
  STUB_LOCAL void F(run, T)(STUB_SOME(struct T))                                                   \
  {                                                                                                \
    STUB_BYTES *p = count ? room(n, align, portero_stub_span(count, align, size)) : NULL;          \
    for (size_t i = 0; p && i < count; i++)                                                        \
      F(at, T)(n, v + i, p + i * STUB_STRIDE(align, size), 0);                                     \
  }                                                                                                \
  STUB_LOCAL inline void F(at, T)(STUB_ARGS(struct T))
#define EACH(T)                                                                                    \
  STUB_LOCAL void F(each, T)(STUB_ARGS(struct T));                                                 \
  STUB_LOCAL void F(run, T)(STUB_SOME(struct T))                                                   \
  {                                                                                                \
    for (size_t i = 0; i < count && !STUB_FAILED(n); i++)                                          \
      F(each, T)(n, v + i, NULL, 0);                                                               \
  }                                                                                                \
  STUB_LOCAL void F(each, T)(STUB_ARGS(struct T))
#define TAIL(T) STUB_LOCAL void F(tail, T)(STUB_ARGS(struct T), uint32_t c)
#define UNION(T) STUB_LOCAL void F(each, T)(STUB_ARGS(union T), STUB_CONST int64_t *tag)
#define STUB_REFS(T, type, one)                                                                    \
  STUB_LOCAL void F(ref, T)(STUB_ARGS(type));                                                      \
  STUB_LOCAL void F(refs, T)(STUB_SOME(type))                                                      \
  {                                                                                                \
    for (size_t i = 0; i < count && !STUB_FAILED(n); i++)                                          \
      F(ref, T)(n, v + i, NULL, 0);                                                                \
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
    size_t o = 0;                                                                                  \
    if (p) {                                                                                       \
      ids(v, count)                                                                                \
    }                                                                                              \
  }                                                                                                \
  STUB_REFS(X, T, STUB_ONE)
#define POINTERSF(X, T, type)                                                                      \
  STUB_LOCAL void F(run, X)(STUB_SOME(T))                                                          \
  {                                                                                                \
    STUB_BYTES *p = count ? STUB_ROOM(n, W(4, 8), count * W(4u, 8u)) : NULL;                       \
    size_t o = 0;                                                                                  \
    if (p) {                                                                                       \
      RFN(v, count, type)                                                                          \
    }                                                                                              \
  }                                                                                                \
  STUB_REFS(X, T, STUB_ONE)
#define ONET(T, min, size)                                                                         \
  STUB_LOCAL void F(one, T)(STUB_NDR *n, struct T STUB_CONST *v)                                   \
  {                                                                                                \
    TCOUNT(c, min, size)                                                                           \
    F(tail, T)(n, v, NULL, 0, c);                                                                  \
  }
#define ONETR(T, min, size)                                                                        \
  STUB_LOCAL void F(one, T)(STUB_NDR *n, struct T STUB_CONST *v)                                   \
  {                                                                                                \
    TCOUNT(c, min, size)                                                                           \
    F(tail, T)(n, v, NULL, 0, c);                                                                  \
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
    F(params_##in, T)(n, params, NULL, 0);                                                         \
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
#define STUB_UP(o, align) (((o) + (align) - 1) & ~((size_t)(align) - 1))
#define STUB_NEXT(align, what, size) o = STUB_UP(o, align); what o += (size);
#define STUB_WORD(what) STUB_NEXT(W(4u, 8u), what, W(4u, 8u))
#define STUB_EACH(what, size, count)                                                               \
  STUB_NEXT(size, for (size_t i = 0; i < (count); i++) { what }, (count) * (size))
#define PHASE(x)    p -= (x); o += (x);
#define V(m)        STUB_NEXT(_Alignof(__typeof__(m)), STUB_V(o, m), sizeof (m))
#define E(m)        STUB_NEXT(W(2u, 4u), STUB_E(o, m), W(2u, 4u))
#define L(m)        STUB_WORD(STUB_L(o, m))
#define UL(m)       STUB_WORD(STUB_UL(o, m))
#define R(m)        STUB_WORD(STUB_R(o, m))
#define RR(m)       STUB_WORD(STUB_RR(o, m))
#define RF(m, type) STUB_WORD(STUB_RF(o, m, type))
#define Z(m)        STUB_WORD(STUB_Z(o, m))
#define EN(m, count)        STUB_EACH(STUB_E(o + i * W(2u, 4u), (m)[i]), W(2u, 4u), count)
#define RN(m, count)        STUB_EACH(STUB_R(o + i * W(4u, 8u), (m)[i]), W(4u, 8u), count)
#define RRN(m, count)       STUB_EACH(STUB_RR(o + i * W(4u, 8u), (m)[i]), W(4u, 8u), count)
#define RFN(m, count, type) STUB_EACH(STUB_RF(o + i * W(4u, 8u), (m)[i], type), W(4u, 8u), count)
#define A(m, T)     STUB_NEXT(F(its_align, T), F(at, T)(n, &(m), p + o, 0);, F(its_size, T))
#define AN(m, T, count)                                                                            \
  o = STUB_UP(o, F(its_align, T));                                                                 \
  for (size_t i = 0; i < (count); i++)                                                             \
    F(at, T)(n, &(m)[i], p + o + i * STUB_STRIDE(F(its_align, T), F(its_size, T)), 0);             \
  o += ((count) - 1) * STUB_STRIDE(F(its_align, T), F(its_size, T)) + F(its_size, T);
#define ID(m) { ROOM(W(4, 8), W(4, 8)) R(m) }
#define S(align, m) { ROOM(align, sizeof(m)) STUB_V(0, m) }
#define PART(m, T) F(run, T)(n, &(m), 1);
#define PARTN(m, T, count) F(run, T)(n, m, count);
#define PARTT(m, T, c) F(tail, T)(n, &(m), NULL, 0, c);
#define WHOLE(m, T) F(one, T)(n, &(m));
#define REF(m, T) F(refs, T)(n, &(m), 1);
#define REFN(m, T, count) F(refs, T)(n, m, count);
#define UR(m, T, choice) U(m, T, choice) UREF(m, T, choice)
#define UREF(m, T, choice) F(refs, T)(n, &(m), NULL, 0, choice);
#undef I /* a program's headers may include <complex.h> */
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
