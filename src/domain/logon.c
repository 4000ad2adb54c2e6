/* SPDX-License-Identifier: Apache-2.0 */
/* Logons that pass through the channel: NetrLogonSamLogonEx. [MS-NRPC] 3.5.4.5.1 */
#include <portero/utf16.h>

#include "idl/netlogon_rpc.h"
#include "src/domain/channel.h"
#include "src/domain/user.h"

/* Machine accounts of members and controllers may log on too: [MS-NRPC] 2.2.1.4.15 */
#define ALLOW_MACHINES 0x00000820u
#define RESPONSE_MAX   0xfffeu

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

static portero_status ask_once(struct channel *c, const struct netlogon_logon_network *question,
                               const char *account, struct portero_netlogon_user **out_user)
{
  struct netlogon_NetrLogonSamLogonEx args = {
      .computer_name = c->base.names.computer,
      .logon_class = netlogon_NetlogonNetworkInformation,
      .logon = {.network = question},
      .validation_class = netlogon_NetlogonValidationSamInfo4,
  };
  portero_status status = be_connected(c);

  if (!portero_is_ok(status))
    return status;
  status = netlogon_NetrLogonSamLogonEx(c->client, &args);
  if (!portero_is_ok(status)) {
    (void)channel_fail_client(c, status, c->client);
    hang_up(c);
    return status;
  }
  if (args.result_)
    return channel_fail_result(c, args.result_, "LogonSamLogonEx");
  if (!args.result.sam_4)
    return channel_fail(c, portero_local(PORTERO_LOCAL_PROTOCOL),
                        "the domain controller accepts the user and does not say who it is");
  status = user_make(args.result.sam_4, account, out_user);
  return portero_is_ok(status)
             ? status
             : channel_fail(c, status, "the domain controller's description of the user is none");
}

/* Not the controller's answer, and not worth waiting for twice. */
static bool is_lost(portero_status status)
{
  return !portero_is_ok(status) && status.klass != PORTERO_CLASS_RESULT &&
         !portero_is_local(status, PORTERO_LOCAL_TIMEOUT) &&
         !portero_is_local(status, PORTERO_LOCAL_CANCELLED) &&
         !portero_is_local(status, PORTERO_LOCAL_MALFORMED);
}

portero_status portero_netlogon_logon(struct portero_netlogon_channel *channel,
                                      const struct portero_netlogon_attempt *logon,
                                      struct portero_netlogon_user **out_user)
{
  const char *account = logon->account ? logon->account : "";
  struct netlogon_logon_network question;
  struct channel *c = channel_of(channel);
  struct portero_arena arena;
  portero_status status = portero_local(PORTERO_LOCAL_USAGE);
  bool was_connected;

  portero_arena_init(&arena, &portero_mem_malloc, 64 * 1024);
  pthread_mutex_lock(&c->lock);
  if (!question_make(&arena, logon, &question)) {
    (void)channel_fail(c, status, "a name of the logon is no UTF-8 or too long, or a response is");
  } else {
    was_connected = c->client != NULL;
    status = ask_once(c, &question, account, out_user);
    if (was_connected && is_lost(status)) /* a connection that had rested may be dead */
      status = ask_once(c, &question, account, out_user);
  }
  pthread_mutex_unlock(&c->lock);
  portero_arena_deinit(&arena);
  return status;
}
