/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/kerberos_pac.h"

#include "idl/pac.h"

#define VERSION           1u
#define LITTLE            0x10u
#define COMMON_SIZE       8u
#define USE_FOR_DENY_ONLY 0x10u /* [MS-PAC] 2.2.1 */
#define READ_BUDGET       ((size_t)1 << 20)

/* The headers of type serialization. [MS-RPCE] 2.2.6.1, 2.2.6.2 */
static portero_status read_headers(struct portero_bytes in, bool *out_big_endian,
                                   struct portero_bytes *out_object)
{
  struct portero_reader r;
  uint8_t version, label;
  uint16_t size;
  portero_status status;

  portero_reader_init(&r, in, false);
  version = portero_read_u8(&r, "version");
  label = portero_read_u8(&r, "byte order");
  r.big_endian = label == 0;
  size = portero_read_u16(&r, "header length");
  (void)portero_read_u32(&r, "filler");
  *out_object = portero_bytes_make(NULL, portero_read_u32(&r, "object length"));
  (void)portero_read_u32(&r, "filler");
  *out_object = portero_read_bytes(&r, out_object->size, "object");
  status = portero_reader_finish(&r);
  if (!portero_is_ok(status))
    return status;
  if (version != VERSION || (label != LITTLE && label != 0) || size != COMMON_SIZE)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  *out_big_endian = r.big_endian;
  return portero_ok();
}

static portero_status read_info(struct portero_bytes in, struct portero_arena *scratch,
                                const struct pac_validation_info **out_info)
{
  struct pac_logon_info params = {.info = NULL};
  struct portero_bytes object;
  struct portero_ndr_reader r;
  bool big_endian;
  portero_status status = read_headers(in, &big_endian, &object);

  if (!portero_is_ok(status))
    return status;
  portero_ndr_reader_init(&r, object, scratch, false, big_endian);
  portero_stub_read_params(&pac_stub, &pac_stub.ops[pac_logon_info_opnum], PORTERO_DIRECTION_IN,
                           &params, &r);
  status = portero_ndr_reader_finish(&r);
  if (!portero_is_ok(status))
    return status;
  if (!params.info)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  *out_info = params.info;
  return portero_ok();
}

/* Text in the arena; a name has no U+0000. */
static portero_status read_text(const struct ms_types_unicode_string *s,
                                struct portero_arena *arena, const char **out_text)
{
  const bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__; /* numbers in memory */
  struct portero_bytes units = portero_bytes_make(s->buffer, s->buffer ? s->length : 0);
  size_t length;
  char *text;
  portero_status status = portero_utf16_to_utf8(units, big_endian, NULL, 0, &length);

  if (!portero_is_ok(status))
    return status;
  text = portero_arena_alloc(arena, length + 1);
  if (!text)
    return portero_local(PORTERO_LOCAL_LIMIT);
  status = portero_utf16_to_utf8(units, big_endian, text, length, &length);
  if (!portero_is_ok(status))
    return status;
  if (memchr(text, 0, length))
    return portero_local(PORTERO_LOCAL_MALFORMED);
  *out_text = text;
  return portero_ok();
}

static bool read_sid(const struct ms_types_sid *s, struct portero_sid *out_sid)
{
  struct portero_sid sid = {0};

  if (!s || s->revision != 1 || s->sub_authority_count > PORTERO_SID_AUTHORITIES)
    return false;
  sid.revision = s->revision;
  sid.n_sub = s->sub_authority_count;
  for (size_t i = 0; i < sizeof s->authority.value; i++)
    sid.authority = sid.authority << 8 | s->authority.value[i];
  for (size_t i = 0; i < sid.n_sub; i++)
    sid.sub[i] = s->sub_authority[i];
  *out_sid = sid;
  return true;
}

/* The SIDs as they are gathered; there is room for all that the information may have. */
struct gathered {
  struct portero_sid *sids;
  size_t count;
};

static void add(struct gathered *g, const struct portero_sid *sid)
{
  for (size_t i = 0; i < g->count && i < 2; i++) /* the user and the primary group come twice */
    if (portero_sid_equal(&g->sids[i], sid))
      return;
  g->sids[g->count++] = *sid;
}

static bool add_groups(struct gathered *g, const struct ms_types_sid *domain,
                       const struct lsa_types_group_membership *groups, uint32_t count)
{
  struct portero_sid base, sid;

  if (count == 0 || !groups)
    return count == 0;
  if (!read_sid(domain, &base))
    return false;
  for (uint32_t i = 0; i < count; i++) {
    if (!portero_sid_append(&base, groups[i].rid, &sid))
      return false;
    if (!(groups[i].attributes & USE_FOR_DENY_ONLY))
      add(g, &sid);
  }
  return true;
}

/* User and primary group: in the logon domain, unless the user is 0, an extra SID of another one. */
static bool add_own(struct gathered *g, const struct pac_validation_info *info)
{
  struct portero_sid domain, sid;

  if (info->user_id == 0)
    return true;
  if (!read_sid(info->logon_domain_id, &domain) ||
      !portero_sid_append(&domain, info->user_id, &sid))
    return false;
  add(g, &sid);
  if (!portero_sid_append(&domain, info->primary_group_id, &sid))
    return false;
  add(g, &sid);
  return true;
}

static bool add_extra(struct gathered *g, const struct pac_validation_info *info)
{
  struct portero_sid sid;

  if (info->sid_count > 0 && !info->extra_sids)
    return false;
  for (uint32_t i = 0; i < info->sid_count; i++) {
    if (!read_sid(info->extra_sids[i].value, &sid))
      return false;
    if (!(info->extra_sids[i].attributes & USE_FOR_DENY_ONLY))
      add(g, &sid);
  }
  return true;
}

static portero_status gather(const struct pac_validation_info *info, struct portero_arena *arena,
                             struct kerberos_logon *out_logon)
{
  uint64_t most = (uint64_t)info->group_count + info->sid_count + info->resource_group_count + 2;
  struct gathered g = {.count = 0};

  if (most > KERBEROS_MAX_SIDS)
    return portero_local(PORTERO_LOCAL_LIMIT);
  g.sids = portero_arena_array(arena, (size_t)most, sizeof *g.sids);
  if (!g.sids)
    return portero_local(PORTERO_LOCAL_LIMIT);
  if (!add_own(&g, info) ||
      (info->user_id == 0 && !add_extra(&g, info)) || /* then the first of them is the user */
      !add_groups(&g, info->logon_domain_id, info->groups, info->group_count) ||
      (info->user_id != 0 && !add_extra(&g, info)) ||
      !add_groups(&g, info->resource_group_domain_sid, info->resource_groups,
                  info->resource_group_count))
    return portero_local(PORTERO_LOCAL_MALFORMED);
  out_logon->sids = g.sids;
  out_logon->n_sids = g.count;
  return portero_ok();
}

portero_status kerberos_pac_read(struct portero_bytes in, struct portero_arena *arena,
                                 struct kerberos_logon *out_logon)
{
  const struct pac_validation_info *info;
  struct kerberos_logon logon = {NULL, NULL, NULL, 0};
  struct portero_arena scratch;
  portero_status status;

  portero_arena_init(&scratch, &portero_mem_malloc, READ_BUDGET);
  status = read_info(in, &scratch, &info);
  if (portero_is_ok(status))
    status = read_text(&info->effective_name, arena, &logon.account);
  if (portero_is_ok(status))
    status = read_text(&info->logon_domain_name, arena, &logon.domain);
  if (portero_is_ok(status))
    status = gather(info, arena, &logon);
  portero_arena_deinit(&scratch);
  if (portero_is_ok(status))
    *out_logon = logon;
  return status;
}
