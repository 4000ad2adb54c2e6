/* SPDX-License-Identifier: Apache-2.0 */
/* Logons that pass through the channel: NetrLogonSamLogonEx. [MS-NRPC] 3.5.4.5.1 */
#include <portero/utf16.h>

#include "idl/netlogon_rpc.h"
#include "src/domain/channel.h"
#include "src/domain/user.h"

/* Machine accounts of members and controllers may log on too: [MS-NRPC] 2.2.1.4.15 */
#define ALLOW_MACHINES 0x00000820u
#define RESPONSE_MAX   0xfffeu
#define QUESTION_SIZE  (64u * 1024)

/* ---- the question ---- */

/* Text as code units of the host, in the arena. NULL is an empty text. */
static bool unicode_of(struct portero_arena *a, const char *text,
                       struct ms_types_unicode_string *out_text)
{
  bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
  size_t length = text ? strlen(text) : 0, size = 0;
  uint16_t *units;

  if (length > NETLOGON_NAME_SIZE * 4 ||
      !portero_is_ok(portero_utf8_to_utf16(text ? text : "", length, big_endian, NULL, 0, &size)))
    return false;
  units = portero_arena_alloc(a, size);
  if (!units || !portero_is_ok(portero_utf8_to_utf16(text ? text : "", length, big_endian,
                                                     (uint8_t *)units, size, &size)))
    return false;
  *out_text = (struct ms_types_unicode_string){(uint16_t)size, (uint16_t)size, units};
  return true;
}

static bool question_make(struct portero_arena *a, const struct portero_netlogon_attempt *logon,
                          struct netlogon_logon_network *out_question)
{
  struct netlogon_logon_network q = {.identity = {.parameter_control = ALLOW_MACHINES}};

  if (logon->nt_response.size > RESPONSE_MAX || logon->lm_response.size > RESPONSE_MAX)
    return false;
  memcpy(q.challenge.data, logon->challenge, sizeof q.challenge.data);
  q.nt_response =
      (struct ms_types_ansi_string){(uint16_t)logon->nt_response.size,
                                    (uint16_t)logon->nt_response.size, logon->nt_response.data};
  q.lm_response =
      (struct ms_types_ansi_string){(uint16_t)logon->lm_response.size,
                                    (uint16_t)logon->lm_response.size, logon->lm_response.data};
  if (!unicode_of(a, logon->domain, &q.identity.domain_name) ||
      !unicode_of(a, logon->account, &q.identity.user_name) ||
      !unicode_of(a, logon->workstation, &q.identity.workstation))
    return false;
  *out_question = q;
  return true;
}

/* ---- the connection ---- */

static void hang_up(struct channel *c)
{
  portero_client_close(c->client);
  c->client = NULL;
}

static portero_status call_up(struct channel *c)
{
  struct portero_login login = {
      .type = PORTERO_AUTH_NETLOGON, .level = c->level, .netlogon = &c->base};
  portero_status status = channel_connect(c, &login, &c->client);

  if (!portero_is_ok(status))
    hang_up(c);
  return status;
}

/* A controller may have forgotten the key: then another is agreed on. */
static portero_status be_connected(struct channel *c)
{
  portero_status status;

  if (c->client)
    return portero_ok();
  if (c->base.is_open && portero_is_ok(call_up(c)))
    return portero_ok();
  status = channel_agree(c);
  return portero_is_ok(status) ? call_up(c) : status;
}

/* ---- the answer ---- */

/*
 * Under a seal the keys of NETLOGON_VALIDATION_SAM_INFO4 need no protection of their own. Controllers
 * give it to nobody else; the older one has its keys encrypted.
 */
static bool is_sealed(const struct channel *c)
{
  return c->level == 0 || c->level == PORTERO_LEVEL_PRIVACY;
}

static void describe_sealed(const struct netlogon_validation_sam_4 *info,
                            struct user_description *out_description)
{
  *out_description = (struct user_description){
      .account = &info->effective_name,
      .domain = &info->logon_domain_name,
      .domain_sid = info->logon_domain_id,
      .user_id = info->user_id,
      .primary_group_id = info->primary_group_id,
      .group_count = info->group_count,
      .groups = info->groups,
      .sid_count = info->sid_count,
      .extra_sids = info->extra_sids,
  };
  memcpy(out_description->session_key, info->session_key.data, sizeof info->session_key.data);
}

/* A key of zeros is none, and not encrypted. */
static void describe_signed(struct channel *c, const struct netlogon_validation_sam_2 *info,
                            struct user_description *out_description)
{
  static const uint8_t none[sizeof info->session_key.data];

  *out_description = (struct user_description){
      .account = &info->effective_name,
      .domain = &info->logon_domain_name,
      .domain_sid = info->logon_domain_id,
      .user_id = info->user_id,
      .primary_group_id = info->primary_group_id,
      .group_count = info->group_count,
      .groups = info->groups,
      .sid_count = info->sid_count,
      .extra_sids = info->extra_sids,
  };
  memcpy(out_description->session_key, info->session_key.data, sizeof none);
  if (memcmp(info->session_key.data, none, sizeof none) != 0)
    portero_netlogon_decrypt(&c->base, out_description->session_key, sizeof none);
}

static portero_status take_answer(struct channel *c,
                                  const struct netlogon_NetrLogonSamLogonEx *args,
                                  const char *account, struct portero_netlogon_user **out_user)
{
  struct user_description d;
  portero_status status;

  if (args->result_)
    return channel_fail_result(c, args->result_, "LogonSamLogonEx");
  if (is_sealed(c) ? !args->result.sam_4 : !args->result.sam_2)
    return channel_fail(c, portero_local(PORTERO_LOCAL_PROTOCOL),
                        "the domain controller accepts the user and does not say who it is");
  if (is_sealed(c))
    describe_sealed(args->result.sam_4, &d);
  else
    describe_signed(c, args->result.sam_2, &d);
  status = user_make(&d, account, out_user);
  explicit_bzero(&d, sizeof d);
  return portero_is_ok(status)
             ? status
             : channel_fail(c, status, "the domain controller's description of the user is none");
}

/* The call was made, and is neither answered nor worth waiting for twice. */
static bool is_lost(portero_status status)
{
  return !portero_is_ok(status) && !portero_is_local(status, PORTERO_LOCAL_TIMEOUT) &&
         !portero_is_local(status, PORTERO_LOCAL_CANCELLED);
}

static portero_status ask_once(struct channel *c, const struct netlogon_logon_network *question,
                               const char *account, struct portero_netlogon_user **out_user,
                               bool *out_lost)
{
  struct netlogon_NetrLogonSamLogonEx args = {
      .computer_name = c->base.names.computer,
      .logon_class = netlogon_NetlogonNetworkInformation,
      .logon = {.network = question},
      .validation_class =
          is_sealed(c) ? netlogon_NetlogonValidationSamInfo4 : netlogon_NetlogonValidationSamInfo2,
  };
  portero_status status = be_connected(c);

  *out_lost = false;
  if (!portero_is_ok(status))
    return status;
  status = netlogon_NetrLogonSamLogonEx(c->client, &args);
  if (portero_is_ok(status))
    return take_answer(c, &args, account, out_user);
  (void)channel_fail_client(c, status, c->client);
  hang_up(c);
  *out_lost = is_lost(status);
  return status;
}

static void forget_key(struct channel *c)
{
  pthread_mutex_lock(&c->base.lock);
  c->base.is_open = false;
  pthread_mutex_unlock(&c->base.lock);
}

/*
 * A connection that had rested may be dead: then there is a new one. When that is of no use either,
 * somebody else has agreed on another key for this computer since: then there is a new key.
 */
static portero_status ask(struct channel *c, const struct netlogon_logon_network *question,
                          const char *account, struct portero_netlogon_user **out_user)
{
  bool was_connected = c->client != NULL, lost;
  portero_status status = ask_once(c, question, account, out_user, &lost);

  if (lost && was_connected)
    status = ask_once(c, question, account, out_user, &lost);
  if (!lost)
    return status;
  forget_key(c);
  return ask_once(c, question, account, out_user, &lost);
}

portero_status portero_netlogon_logon(struct portero_netlogon_channel *channel,
                                      const struct portero_netlogon_attempt *logon,
                                      struct portero_netlogon_user **out_user)
{
  portero_status status = portero_local(PORTERO_LOCAL_USAGE);
  struct netlogon_logon_network question;
  struct channel *c = channel_of(channel);
  struct portero_arena arena;

  portero_arena_init(&arena, &portero_mem_malloc, QUESTION_SIZE);
  pthread_mutex_lock(&c->lock);
  if (question_make(&arena, logon, &question))
    status = ask(c, &question, logon->account ? logon->account : "", out_user);
  else
    (void)channel_fail(c, status, "a name of the logon is no UTF-8 or too long, or a response is");
  pthread_mutex_unlock(&c->lock);
  portero_arena_deinit(&arena);
  return status;
}
