/* SPDX-License-Identifier: Apache-2.0 */
/* The words of stub_pass.h as they are while writing. Nothing includes this but stub_pass.h. */
/* clang-format off */
#if defined(PORTERO_STUB_GET) && !PORTERO_STUB_GET
#define STUB_NDR   struct portero_ndr_writer
#define STUB_BYTES uint8_t
#define STUB_CONST const
#define STUB_FAILED_(n) ((n)->w.failed)
#define STUB_ROOM(n, align, size)  portero_stub_room(n, align, size)
#define STUB_ROOMZ(n, align, size) portero_stub_zeros(n, align, size)

#define ROOM(align, size)  p = portero_stub_room(n, align, size); if (!p) return; o = 0;
#define ROOMZ(align, size) p = portero_stub_zeros(n, align, size); if (!p) return; o = 0;
#define ALIGN(align)       portero_ndr_write_align(n, align);
#define GAP(align)         portero_ndr_write_align(n, align);
#define REST(a, b, c, d)

/* ---- in a run ---- */
#define STUB_V(o, m)     memcpy(p + (o), &(m), sizeof (m));
#define STUB_E(o, m)     portero_stub_put_enum(n, p + (o), W(2, 4), (uint32_t)(m));
#define STUB_L(o, m)     portero_stub_put_word(p + (o), W(4, 8), (uint64_t)(m));
#define STUB_UL(o, m)    portero_stub_put_word(p + (o), W(4, 8), m);
#define STUB_R(o, m)     portero_stub_put_word(p + (o), W(4, 8), portero_stub_referent(n, (m) != NULL));
#define STUB_RR(o, m)    portero_stub_refuse(n, !(m)); STUB_R(o, m)
#define STUB_RF(o, m, type) portero_stub_put_word(p + (o), W(4, 8), portero_ndr_full_id(n, m, type));
#define STUB_Z(o, m)     memset(p + (o), 0, W(4, 8));
#define RG(m, min, max) portero_stub_refuse(n, portero_stub_outside(I(m), min, max));
#define RGE(m, min, max) portero_stub_refuse(n, portero_stub_outside(IE(m), min, max));
#define WRONG(tag)  portero_stub_refuse(n, true);

/* ---- what pointers point to ---- */
#define TO(m, T)    if (m) F(one, T)(n, m);
#define TOV(m, align) if (m) portero_stub_put_bulk(n, m, sizeof *(m), 1, align);
#define TOF(m, T, type)                                                                            \
  if ((m) && portero_ndr_write_full_begin(n, m, type))                                             \
    F(one, T)(n, m);
#define TOVF(m, align, type)                                                                       \
  if ((m) && portero_ndr_write_full_begin(n, m, type))                                             \
    portero_stub_put_bulk(n, m, sizeof *(m), 1, align);
#define TOE(m)      if (m) { ROOM(W(2, 4), W(2, 4)) E(*(m)) }
#define TOU(m, T, choice)                                                                          \
  if (m) {                                                                                         \
    int64_t t = choice;                                                                            \
    F(each, T)(n, m, NULL, 0, &t);                                                                 \
  }
#define TOUR(m, T, choice)                                                                         \
  if (m) {                                                                                         \
    int64_t t = choice;                                                                            \
    F(each, T)(n, m, NULL, 0, &t);                                                                 \
    F(refs, T)(n, m, NULL, 0, t);                                                                  \
  }
#define LTOU(k, m, T, choice) TOU(m, T, choice)
#define LTOUR(k, m, T, choice) TOUR(m, T, choice)
#define STRP(m)     if (m) portero_ndr_write_string(n, m);
#define WSTRP(m)    if (m) portero_ndr_write_wstring(n, m);
#define STR(m)      portero_stub_refuse(n, !(m)); STRP(m)
#define WSTR(m)     portero_stub_refuse(n, !(m)); WSTRP(m)
#define OSTR(m)     portero_ndr_write_string(n, (m) ? (m) : "");
#define OWSTR(m)    portero_ndr_write_wstring(n, (m) ? (m) : "");
#define VSTR(m, max) portero_stub_put_text(n, m, 1, max);
#define VWSTR(m, max) portero_stub_put_text(n, m, 2, max);

/* ---- unions ---- */
#define U(m, T, choice) { int64_t t = choice; F(each, T)(n, &(m), NULL, 0, &t); }
#define LU(k, m, T, choice) int64_t k = choice; F(each, T)(n, &(m), NULL, 0, &k);
#define TAGVAL(k, choice) int64_t k = choice;
#define LTAG(k, choice) int64_t k = choice;
#define TAG(k, type, align)                                                                        \
  {                                                                                                \
    type t = (type)(k);                                                                            \
    portero_stub_refuse(n, (int64_t)t != (k));                                                     \
    ROOM(align, sizeof t) STUB_V(0, t)                                                             \
  }
#define TAGE(k, align)                                                                             \
  { ROOM(align, W(2, 4)) E(portero_stub_enum(k)) }

/* ---- arrays ---- */
#define COUNT(k, min, size)                                                                        \
  uint32_t k = portero_stub_count(n, size);                                                        \
  portero_ndr_write_size(n, k);
#define TCOUNT(k, min, size) COUNT(k, min, size)
#define LATE(k)
#define LCOUNT(k, c, min, size) COUNT(c, min, size)
#define SAME(k, value)
#define LSAME(k, value)
#define RANGE(k, min, max) portero_stub_refuse(n, portero_stub_outside((k), min, max));
#define LENGTH(k, max, min, length)                                                                \
  uint32_t k = portero_stub_length(n, max, length);                                                \
  portero_ndr_write_varying(n, k);
#define LLENGTH(k, c, max, min, length) LENGTH(c, max, min, length)
#define CLEAR(m)
#define FBULK(m, c, align) if (c) portero_stub_put_bulk(n, m, sizeof (m)[0], c, align);
#define BULK(m, c, align) if (c) portero_stub_put_bulk(n, m, sizeof *(m), c, align);
#define OBULK(m, c, align)                                                                         \
  if (!(m))                                                                                        \
    portero_stub_put_zeros(n, sizeof *(m), c, align);                                              \
  else                                                                                             \
    BULK(m, c, align)
#define RUN(m, T, c)                                                                               \
  portero_stub_refuse(n, (c) && !(m));                                                             \
  if (m)                                                                                           \
    F(run, T)(n, m, c);
#define RUNR(m, T, c)                                                                              \
  RUN(m, T, c)                                                                                     \
  if (m)                                                                                           \
    F(refs, T)(n, m, c);
#define ORUN(m, T, c, align, size)                                                                 \
  if (!(m))                                                                                        \
    portero_stub_put_zeros(n, size, c, align);                                                     \
  else                                                                                             \
    F(run, T)(n, m, c);
#define ORUNR(m, T, c, align, size)                                                                \
  ORUN(m, T, c, align, size)                                                                       \
  if (m)                                                                                           \
    F(refs, T)(n, m, c);
#define REFP(m, T, c) if (m) F(refs, T)(n, m, c);
#define NEED(k, m, unit)                                                                           \
  uint32_t k = portero_stub_text_count(n, m, unit);                                                \
  portero_ndr_write_size(n, k);
#define MSTR(m, max) VSTR(m, max)
#define MWSTR(m, max) VWSTR(m, max)
#define OMSTR(m, max) OVSTR(m, max)
#define OMWSTR(m, max) OVWSTR(m, max)
#define OVSTR(m, max) VSTR((m) ? (m) : "", max)
#define OVWSTR(m, max) VWSTR((m) ? (m) : "", max)
#define DEEP(m)
#define ENTER(m)
#define LEAVE()

/* ---- elements that have no name of their own ---- */
STUB_LOCAL void F(run, enum16)(struct portero_ndr_writer *n, const void *v, size_t count)
{
  const uint8_t *e = (const uint8_t *)v;
  uint8_t *p = count ? portero_stub_room(n, W(2, 4), count * W(2u, 4u)) : NULL;

  for (size_t i = 0; p && i < count; i++) {
    uint32_t x;

    memcpy(&x, e + 4 * i, 4);
    STUB_E(i * W(2u, 4u), x)
  }
}
#endif
/* clang-format on */
