/* SPDX-License-Identifier: Apache-2.0 */
/* The words of stub_pass.h as they are while reading. Nothing includes this but stub_pass.h. */
/* clang-format off */
#if defined(PORTERO_STUB_GET) && PORTERO_STUB_GET
#define STUB_NDR   struct portero_ndr_reader
#define STUB_BYTES const uint8_t
#define STUB_CONST
#define STUB_FAILED_(n) ((n)->r.failed)
#define STUB_ROOM(n, align, size)  portero_stub_take(n, align, size, __func__)
#define STUB_ROOMZ(n, align, size) portero_stub_take(n, align, size, __func__)

#define ROOM(align, size)  p = portero_stub_take(n, align, size, __func__); if (!p) return; o = 0;
#define ROOMZ(align, size) ROOM(align, size)
#define ALIGN(align)       portero_ndr_read_align(n, align, __func__);
#define GAP(align)         portero_stub_gap(n, align, __func__);
#define REST(a, b, c, d)                                                                           \
  W(, n->rest[0] = a; n->rest[1] = b; n->rest[2] = c; n->rest[3] = d;)

/* ---- in a run ---- */
#define STUB_V(o, m)     memcpy(&(m), p + (o), sizeof (m));
#define STUB_E(o, m)     (m) = (__typeof__(m))portero_stub_get_enum(n, p + (o), W(2, 4), #m);
#define STUB_L(o, m)     (m) = W((int64_t)(int32_t)(uint32_t), (int64_t))portero_stub_get_word(p + (o), W(4, 8));
#define STUB_UL(o, m)    (m) = portero_stub_get_word(p + (o), W(4, 8));
#define STUB_R(o, m)     (m) = portero_stub_there(portero_stub_get_word(p + (o), W(4, 8)) != 0);
#define STUB_RR(o, m)    (m) = portero_stub_there(true);
#define STUB_RF(o, m, type) (m) = portero_stub_get_full(n, p + (o), W(4, 8), #m);
#define STUB_Z(o, m)     (m) = NULL;
#define RG(m, min, max) portero_stub_reject(n, portero_stub_outside(I(m), min, max), #m);
#define RGE(m, min, max) portero_stub_reject(n, portero_stub_outside(IE(m), min, max), #m);
#define WRONG(tag)  portero_stub_reject(n, true, #tag);

/* ---- what pointers point to ---- */
#define STUB_NEW(m, count, then)                                                                   \
  if (portero_ndr_reader_enter(n, #m)) {                                                           \
    void *e = portero_ndr_reader_alloc(n, count, sizeof *(m), #m);                                 \
    (m) = e;                                                                                       \
    if (e) {                                                                                       \
      then                                                                                         \
    }                                                                                              \
    portero_ndr_reader_leave(n);                                                                   \
  }
#define TO(m, T)    if (m) STUB_NEW(m, 1, F(one, T)(n, e);)
#define TOV(m, align)                                                                              \
  if (m)                                                                                           \
    (m) = portero_stub_get_copy(n, sizeof *(m), align, #m);
#define STUB_FULL(m, type, then)                                                                   \
  {                                                                                                \
    const uint64_t id = (uintptr_t)(m);                                                            \
    const void *known;                                                                             \
    if (!portero_stub_full_begin(n, id, type, &known, #m))                                         \
      (m) = known;                                                                                 \
    else                                                                                           \
      then                                                                                         \
  }
#define TOF(m, T, type)                                                                            \
  STUB_FULL(m, type, STUB_NEW(m, 1, portero_ndr_read_full_at(n, id, type, e, #m); F(one, T)(n, e);))
#define TOVF(m, align, type)                                                                       \
  STUB_FULL(m, type, {                                                                             \
    (m) = portero_stub_get_copy(n, sizeof *(m), align, #m);                                        \
    if (portero_ndr_reader_ok(n))                                                                  \
      portero_ndr_read_full_at(n, id, type, m, #m);                                                \
  })
#define TOE(m)                                                                                     \
  if (m)                                                                                           \
    STUB_NEW(m, 1, F(run, enum16)(n, e, 1);)
#define TOU(m, T, choice)                                                                          \
  if (m)                                                                                           \
    STUB_NEW(m, 1, int64_t t = 0; F(each, T)(n, e, NULL, 0, &t); SAME(t, choice))
#define TOUR(m, T, choice)                                                                         \
  if (m)                                                                                           \
    STUB_NEW(m, 1, int64_t t = 0; F(each, T)(n, e, NULL, 0, &t); SAME(t, choice)                   \
             if (portero_ndr_reader_ok(n)) F(refs, T)(n, e, NULL, 0, t);)
#define LTOU(k, m, T, choice)                                                                      \
  if (m)                                                                                           \
    STUB_NEW(m, 1, F(each, T)(n, e, NULL, 0, &k); k##_ = true;)
#define LTOUR(k, m, T, choice)                                                                     \
  if (m)                                                                                           \
    STUB_NEW(m, 1, F(each, T)(n, e, NULL, 0, &k); k##_ = true;                                     \
             if (portero_ndr_reader_ok(n)) F(refs, T)(n, e, NULL, 0, k);)
#define STRP(m)     if (m) { DEEP(m) STR(m) }
#define WSTRP(m)    if (m) { DEEP(m) WSTR(m) }
#define STR(m)      (m) = portero_ndr_read_string(n, #m);
#define WSTR(m)     (m) = portero_ndr_read_wstring(n, #m);
#define OSTR(m)     STR(m)
#define OWSTR(m)    WSTR(m)
#define VSTR(m, max) (m) = portero_ndr_read_varying_string(n, max, #m);
#define VWSTR(m, max) (m) = portero_ndr_read_varying_wstring(n, max, #m);

/* ---- unions ---- */
#define U(m, T, choice)                                                                            \
  {                                                                                                \
    int64_t t = 0;                                                                                 \
    F(each, T)(n, &(m), NULL, 0, &t);                                                              \
    SAME(t, choice)                                                                                \
  }
#define LU(k, m, T, choice) k##_ = true; F(each, T)(n, &(m), NULL, 0, &k);
#define TAGVAL(k, choice) int64_t k = 0;
#define LTAG(k, choice) k##_ = true;
#define TAG(k, type, align)                                                                        \
  {                                                                                                \
    type t;                                                                                        \
    ROOM(align, sizeof t) STUB_V(0, t)                                                             \
    (k) = (int64_t)t;                                                                              \
  }
#define TAGE(k, align)                                                                             \
  { ROOM(align, W(2, 4)) (k) = portero_stub_get_enum(n, p, W(2, 4), #k); }

/* ---- arrays ---- */
#define COUNT(k, min, size)                                                                        \
  TCOUNT(k, min, size) SAME(k, size)
#define TCOUNT(k, min, size) uint32_t k = portero_stub_get_count(n, min, #size);
#define LATE(k)     int64_t k = 0; bool k##_ = false;
#define LCOUNT(k, c, min, size) TCOUNT(c, min, size) k = c; k##_ = true;
#define SAME(k, value) portero_stub_reject(n, (int64_t)(k) != (value), #value);
#define LSAME(k, value) portero_stub_reject(n, k##_ && k != (value), #value);
#define RANGE(k, min, max) portero_stub_reject(n, portero_stub_outside((k), min, max), #k);
#define LENGTH(k, max, min, length) TLENGTH(k, max, min, length) SAME(k, length)
#define TLENGTH(k, max, min, length)                                                               \
  uint32_t k = portero_ndr_read_varying(n, max, min, NULL, #length);
#define LLENGTH(k, c, max, min, length) TLENGTH(c, max, min, length) k = c; k##_ = true;
#define CLEAR(m)    memset(m, 0, sizeof (m));
#define FBULK(m, c, align)                                                                         \
  if (c) {                                                                                         \
    p = portero_stub_take(n, align, (c) * sizeof (m)[0], #m);                                      \
    if (!p)                                                                                        \
      return;                                                                                      \
    memcpy(m, p, (c) * sizeof (m)[0]);                                                             \
  }
/* By way of void *: to C a pointer to an array of const is no pointer to const. */
#define BULK(m, c, align)                                                                          \
  (m) = portero_stub_own(                                                                          \
      portero_stub_get_bulk(n, sizeof *(m), _Alignof(__typeof__(*(m))), c, align, #m));
#define OBULK(m, c, align) BULK(m, c, align)
#define RUN(m, T, c)                                                                               \
  {                                                                                                \
    void *e = portero_ndr_reader_alloc(n, c, sizeof *(m), #m);                                     \
    (m) = e;                                                                                       \
    if (e)                                                                                         \
      F(run, T)(n, e, c);                                                                          \
  }
#define RUNR(m, T, c)                                                                              \
  RUN(m, T, c)                                                                                     \
  F(refs, T)(n, portero_stub_own(m), c);
#define ORUN(m, T, c, align, size) RUN(m, T, c)
#define ORUNR(m, T, c, align, size) RUNR(m, T, c)
#define REFP(m, T, c) F(refs, T)(n, portero_stub_own(m), c);
#define NEED(k, m, unit)                                                                           \
  uint32_t k = portero_ndr_read_size(n, #m);                                                       \
  portero_stub_reject(n, k == 0, #m);
#define MSTR(m, max) (m) = portero_stub_get_text(n, 1, max, #m);
#define MWSTR(m, max) (m) = portero_stub_get_text(n, 2, max, #m);
#define OMSTR(m, max) MSTR(m, max)
#define OMWSTR(m, max) MWSTR(m, max)
#define OVSTR(m, max) VSTR(m, max)
#define OVWSTR(m, max) VWSTR(m, max)
#define ENTER(m)    if (!portero_ndr_reader_enter(n, #m)) return;
#define LEAVE()     portero_ndr_reader_leave(n);
#define DEEP(m)     portero_stub_deep(n, #m);

/* ---- elements that have no name of their own ---- */
STUB_LOCAL void F(run, enum16)(struct portero_ndr_reader *n, void *v, size_t count)
{
  uint8_t *e = (uint8_t *)v;
  const uint8_t *p = count ? portero_stub_take(n, W(2, 4), count * W(2u, 4u), __func__) : NULL;

  for (size_t i = 0; p && i < count; i++) {
    uint32_t x;

    STUB_E(i * W(2u, 4u), x)
    memcpy(e + 4 * i, &x, 4);
  }
}
#endif
/* clang-format on */
