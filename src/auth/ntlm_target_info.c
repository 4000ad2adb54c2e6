/* SPDX-License-Identifier: Apache-2.0 */
/* AV pairs: [MS-NLMP] 2.2.2.1 */
#include "src/auth/ntlm_message.h"

bool ntlm_av_next(struct portero_reader *pairs, struct ntlm_av *out_pair)
{
  uint16_t id = portero_read_u16(pairs, "AvId");
  uint16_t size = portero_read_u16(pairs, "AvLen");
  struct portero_bytes value;

  if (pairs->failed || id == NTLM_AV_EOL)
    return false;
  value = portero_read_bytes(pairs, size, "AV pair");
  if (pairs->failed)
    return false;
  out_pair->id = id;
  out_pair->value = value;
  return true;
}

void ntlm_av_write(struct portero_writer *w, uint16_t id, struct portero_bytes value)
{
  if (value.size > UINT16_MAX) {
    w->failed = true;
    return;
  }
  portero_write_u16(w, id);
  portero_write_u16(w, (uint16_t)value.size);
  portero_write_bytes(w, value.data, value.size);
}

static void take_pair(struct portero_reader *r, const struct ntlm_av *pair,
                      struct ntlm_target_info *info)
{
  size_t expected = pair->id == NTLM_AV_FLAGS              ? 4
                    : pair->id == NTLM_AV_TIMESTAMP        ? 8
                    : pair->id == NTLM_AV_CHANNEL_BINDINGS ? NTLM_CHANNEL_BINDING_SIZE
                                                           : pair->value.size;

  if (pair->value.size != expected)
    portero_reader_fail(r, "AV pair");
  else if (pair->id == NTLM_AV_FLAGS && !info->has_flags) {
    info->has_flags = true;
    info->flags = portero_load_u32(pair->value.data, false);
  } else if (pair->id == NTLM_AV_TIMESTAMP && !info->has_timestamp) {
    info->has_timestamp = true;
    info->timestamp = portero_load_u64(pair->value.data, false);
  } else if (pair->id == NTLM_AV_CHANNEL_BINDINGS && info->channel_bindings.size == 0)
    info->channel_bindings = pair->value;
}

portero_status ntlm_target_info_read(struct portero_bytes pairs, struct ntlm_target_info *out_info)
{
  struct ntlm_target_info info;
  struct portero_reader r;
  struct ntlm_av pair;
  portero_status status;

  memset(&info, 0, sizeof info);
  portero_reader_init(&r, pairs, false);
  while (ntlm_av_next(&r, &pair))
    take_pair(&r, &pair, &info);
  status = portero_reader_finish(&r);
  if (portero_is_ok(status))
    *out_info = info;
  return status;
}
