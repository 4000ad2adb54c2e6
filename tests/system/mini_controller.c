/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/system/mini_controller.h"

#include <stdio.h>
#include <stdlib.h>

#include "idl/netlogon_rpc.h"
#include "src/auth/netlogon_crypto.h"

#define NT_ACCESS_DENIED  0xc0000022u
#define NT_NO_SUCH_USER   0xc0000064u
#define NT_WRONG_PASSWORD 0xc000006au
#define NT_NO_ACCOUNT     0xc000018bu
#define NT_INVALID_INFO   0xc0000003u
#define NT_INVALID_PARAM  0xc000000du
#define FLAGS             0x612fffffu
#define BINDING_SIZE      96u

/* of CONTROLLER_PASSWORD */
static const uint8_t nt_hash[16] = {0xca, 0x72, 0x79, 0x79, 0x67, 0x3d, 0x3c, 0xf6,
                                    0x66, 0xf5, 0xca, 0xdc, 0x13, 0x99, 0xc0, 0x48};
static const uint8_t own_challenge[8] = {0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
const uint8_t controller_challenge[8] = {1, 2, 3, 4, 5, 6, 7, 8};
const uint8_t controller_response[24] = {0xa1, 0x1c, 0xe0};

static void must(bool fine)
{
  if (!fine)
    abort();
}

/* ---- the agreement ---- */

static portero_status req_challenge(struct portero_call *call,
                                    struct netlogon_NetrServerReqChallenge *args)
{
  static const uint8_t zeros[8];
  struct mini_controller *m = portero_call_user(call);
  const uint8_t *own = m->reflects ? args->client_challenge.data : own_challenge;

  memcpy(m->challenges, args->client_challenge.data, 8);
  memcpy(m->challenges + 8, m->sends_zeros ? zeros : own, 8);
  m->challenges[15] ^= m->turns;
  memcpy(args->server_challenge.data, m->challenges + 8, 8);
  return portero_ok();
}

/* The way of controllers that know no AES: not for servers of ours, which refuse it. */
static bool agree_old(struct mini_controller *m, struct netlogon_NetrServerAuthenticate3 *args)
{
  struct netlogon_key key;
  uint8_t expected[8];

  netlogon_key_make(nt_hash, m->challenges, m->challenges + 8, false, &key);
  netlogon_credential(&key, m->challenges, expected);
  netlogon_credential(&key, m->challenges + 8, args->server_credential.data);
  memcpy(m->key, key.bytes, sizeof m->key);
  return memcmp(expected, args->client_credential.data, 8) == 0;
}

static bool agree(struct mini_controller *m, struct netlogon_NetrServerAuthenticate3 *args)
{
  struct portero_netlogon_proof proof = {.nt_hash = nt_hash, .flags = args->negotiate_flags};

  memcpy(proof.client_challenge, m->challenges, 8);
  memcpy(proof.server_challenge, m->challenges + 8, 8);
  memcpy(proof.client_credential, args->client_credential.data, 8);
  return portero_is_ok(portero_netlogon_agree(&proof, m->key, args->server_credential.data));
}

static portero_status authenticate(struct portero_call *call,
                                   struct netlogon_NetrServerAuthenticate3 *args)
{
  struct mini_controller *m = portero_call_user(call);
  bool fits;

  args->result = NT_NO_ACCOUNT;
  if (strcmp(args->account_name, "FILES$") != 0 || strcmp(args->computer_name, "FILES") != 0)
    return portero_ok();
  (void)pthread_mutex_lock(&m->lock);
  fits = m->lacks_aes ? agree_old(m, args) : agree(m, args);
  args->negotiate_flags &= FLAGS & ~m->takes_off & (m->lacks_aes ? ~NETLOGON_AES : ~0u);
  m->granted = args->negotiate_flags;
  args->server_credential.data[3] ^= (uint8_t)m->is_impostor;
  if (m->reflects)
    args->server_credential = args->client_credential;
  args->server_credential.data[7] ^= m->turns;
  args->account_rid = CONTROLLER_RID;
  args->result = fits || m->is_impostor || m->reflects ? 0 : NT_ACCESS_DENIED;
  memcpy(m->credential, args->client_credential.data, 8);
  memset(m->challenges, 0, sizeof m->challenges);
  m->has_key = fits;
  m->n_agreements += fits;
  (void)pthread_mutex_unlock(&m->lock);
  return portero_ok();
}

/* The older call is the same without the RID. */
static portero_status authenticate_2(struct portero_call *call,
                                     struct netlogon_NetrServerAuthenticate2 *args)
{
  struct netlogon_NetrServerAuthenticate3 same = {
      .account_name = args->account_name,
      .computer_name = args->computer_name,
      .client_credential = args->client_credential,
      .negotiate_flags = args->negotiate_flags,
  };
  portero_status status = authenticate(call, &same);

  args->server_credential = same.server_credential;
  args->negotiate_flags = same.negotiate_flags;
  args->result = same.result;
  return status;
}

static portero_status find_key(void *user, const char *computer, const char *domain,
                               uint8_t out_key[16])
{
  struct mini_controller *m = user;
  bool found;

  (void)pthread_mutex_lock(&m->lock);
  found = m->has_key && strcmp(computer, "FILES") == 0 && strcmp(domain, "LAB") == 0;
  if (found)
    memcpy(out_key, m->key, sizeof m->key);
  (void)pthread_mutex_unlock(&m->lock);
  return found ? portero_ok() : portero_local(PORTERO_LOCAL_NOT_FOUND);
}

/* ---- calls with authenticators ---- */

/* Checks what came, and answers; the chain goes on from there. */
static bool check_authenticator(struct mini_controller *m,
                                const struct netlogon_authenticator *sent,
                                struct netlogon_authenticator *out_returned)
{
  struct netlogon_key key = {.aes = true};
  uint8_t expected[8];

  memcpy(key.bytes, m->key, sizeof key.bytes);
  netlogon_credential_add(m->credential, sent->timestamp);
  netlogon_credential(&key, m->credential, expected);
  netlogon_credential_add(m->credential, 1);
  netlogon_credential(&key, m->credential, out_returned->value.data);
  out_returned->timestamp = 0;
  return memcmp(expected, sent->value.data, sizeof expected) == 0;
}

static portero_status capabilities(struct portero_call *call,
                                   struct netlogon_NetrLogonGetCapabilities *args)
{
  struct mini_controller *m = portero_call_user(call);

  if (portero_call_level(call) < PORTERO_LEVEL_INTEGRITY)
    return portero_fault_status(PORTERO_FAULT_ACCESS_DENIED);
  (void)pthread_mutex_lock(&m->lock);
  args->result_ = check_authenticator(m, &args->auth, &args->return_auth) ? 0 : NT_ACCESS_DENIED;
  (void)pthread_mutex_unlock(&m->lock);
  args->result.server_capabilities = m->granted;
  return portero_ok();
}

/* ---- logons ---- */

static const uint16_t alice[] = {'a', 'l', 'i', 'c', 'e'}, lab[] = {'L', 'A', 'B'},
                      spoilt_name[] = {'r', 'o', 'o', 't', 0, 'a', 'l'};
static const uint32_t domain_parts[] = {21, 1, 2, 3}, other_parts[] = {18, 1};
static const struct ms_types_sid domain_sid = {1, 4, {{0, 0, 0, 0, 0, 5}}, domain_parts},
                                 other_sid = {1, 2, {{0, 0, 0, 0, 0, 5}}, other_parts},
                                 spoilt_sid = {9, 1, {{0, 0, 0, 0, 0, 5}}, other_parts};
static const struct lsa_types_group_membership groups[] = {{513, 7}, {1201, 0x10}, {1200, 7}};
static const struct netlogon_sid_and_attributes extra[] = {{&domain_sid, 0x10}, {&other_sid, 7}},
                                                spoilt[] = {{&other_sid, 7}, {&spoilt_sid, 7}};

static struct netlogon_validation_sam_4 description(const struct mini_controller *m)
{
  struct netlogon_validation_sam_4 info = {
      .effective_name = {sizeof alice, sizeof alice, alice},
      .logon_domain_name = {sizeof lab, sizeof lab, lab},
      .user_id = 1105,
      .primary_group_id = 513,
      .group_count = 3,
      .groups = groups,
      .logon_domain_id = &domain_sid,
      .sid_count = 2,
      .extra_sids = m->spoils_sids ? spoilt : extra,
  };

  if (m->spoils_name)
    info.effective_name =
        (struct ms_types_unicode_string){sizeof spoilt_name, sizeof spoilt_name, spoilt_name};

  for (size_t i = 0; i < sizeof info.session_key.data; i++)
    info.session_key.data[i] = (uint8_t)(0x40 + i);
  return info;
}

static uint32_t judge(const struct netlogon_logon_network *logon)
{
  const struct ms_types_unicode_string *name = &logon->identity.user_name;

  if (name->length != sizeof alice || memcmp(name->buffer, alice, sizeof alice) != 0)
    return NT_NO_SUCH_USER;
  if (memcmp(logon->challenge.data, controller_challenge, 8) != 0 ||
      logon->nt_response.length != sizeof controller_response ||
      memcmp(logon->nt_response.buffer, controller_response, sizeof controller_response) != 0)
    return NT_WRONG_PASSWORD;
  return 0;
}

/* Keys that are not under a seal are encrypted. */
static void describe_older(struct mini_controller *m, const struct netlogon_validation_sam_4 *info,
                           struct netlogon_validation_sam_2 *out_info)
{
  struct netlogon_key key = {.aes = true};

  *out_info = (struct netlogon_validation_sam_2){
      .effective_name = info->effective_name,
      .logon_domain_name = info->logon_domain_name,
      .user_id = info->user_id,
      .primary_group_id = info->primary_group_id,
      .group_count = info->group_count,
      .groups = info->groups,
      .logon_domain_id = info->logon_domain_id,
      .sid_count = info->sid_count,
      .extra_sids = info->extra_sids,
      .session_key = info->session_key,
  };
  memcpy(key.bytes, m->key, sizeof key.bytes);
  netlogon_encrypt(&key, out_info->session_key.data, sizeof out_info->session_key.data);
}

static uint32_t answer(struct mini_controller *m, struct portero_arena *arena,
                       struct netlogon_NetrLogonSamLogonEx *args)
{
  struct netlogon_validation_sam_4 *info = portero_arena_alloc(arena, sizeof *info);
  struct netlogon_validation_sam_2 *older = portero_arena_alloc(arena, sizeof *older);
  uint32_t result;

  must(info != NULL && older != NULL);
  if (args->logon_class != netlogon_NetlogonNetworkInformation || !args->logon.network)
    return NT_INVALID_INFO;
  if (args->validation_class != netlogon_NetlogonValidationSamInfo2 &&
      (args->validation_class != netlogon_NetlogonValidationSamInfo4 ||
       m->logon_level < PORTERO_LEVEL_PRIVACY))
    return NT_INVALID_PARAM;
  result = judge(args->logon.network);
  if (result || m->says_nobody)
    return result;
  *info = description(m);
  describe_older(m, info, older);
  if (args->validation_class == netlogon_NetlogonValidationSamInfo4)
    args->result.sam_4 = info;
  else
    args->result.sam_2 = older;
  return 0;
}

static portero_status logon(struct portero_call *call, struct netlogon_NetrLogonSamLogonEx *args)
{
  struct mini_controller *m = portero_call_user(call);

  m->logon_level = portero_call_level(call);
  if (m->logon_level < PORTERO_LEVEL_INTEGRITY)
    return portero_fault_status(PORTERO_FAULT_ACCESS_DENIED);
  m->n_logons++;
  args->authoritative = 1;
  args->result_ = answer(m, portero_call_arena(call), args);
  return portero_ok();
}

static const struct netlogon_handlers handlers = {
    .NetrServerReqChallenge = req_challenge,
    .NetrServerAuthenticate2 = authenticate_2,
    .NetrServerAuthenticate3 = authenticate,
    .NetrLogonGetCapabilities = capabilities,
    .NetrLogonSamLogonEx = logon,
};

/* ---- coming and going ---- */

static uint16_t port_of(const char *binding)
{
  const char *bracket = strchr(binding, '[');

  must(bracket != NULL);
  return (uint16_t)strtoul(bracket + 1, NULL, 10);
}

static void serve(struct mini_controller *m, const char *binding)
{
  must(portero_is_ok(portero_server_new(m->options, &m->server)));
  must(portero_is_ok(portero_server_accept(m->server, m->acceptor)));
  must(portero_is_ok(
      portero_stub_offer(m->server, &netlogon_interface, &handlers, m, PORTERO_LEVEL_NONE)));
  must(portero_is_ok(portero_server_listen(m->server, binding)));
  must(portero_is_ok(portero_server_start(m->server)));
}

static void end(struct mini_controller *m)
{
  portero_server_stop(m->server);
  must(portero_is_ok(portero_server_wait(m->server)));
  portero_server_free(m->server);
}

void controller_start(struct mini_controller *m, const char *address, uint16_t mapper_port)
{
  controller_start_with(m, address, mapper_port, NULL);
}

void controller_start_with(struct mini_controller *m, const char *address, uint16_t mapper_port,
                           const struct portero_server_options *options)
{
  char binding[BINDING_SIZE];

  memset(m, 0, sizeof *m);
  m->options = options;
  (void)pthread_mutex_init(&m->lock, NULL);
  (void)snprintf(binding, sizeof binding, "ncacn_ip_tcp:%s[]", address);
  must(portero_is_ok(portero_acceptor_netlogon_new(find_key, m, &m->acceptor)));
  serve(m, binding);
  if (mapper_port)
    (void)snprintf(binding, sizeof binding, "ncacn_ip_tcp:%s[%u]", address, mapper_port);
  mini_init(&m->mapper);
  mini_start(&m->mapper, binding);
  mini_add(&m->mapper, &netlogon_interface.id, port_of(portero_server_binding(m->server, 0)));
}

void controller_restart(struct mini_controller *m)
{
  char binding[BINDING_SIZE];

  (void)snprintf(binding, sizeof binding, "%s", portero_server_binding(m->server, 0));
  end(m);
  m->has_key = false;
  serve(m, binding);
}

void controller_change_key(struct mini_controller *m)
{
  (void)pthread_mutex_lock(&m->lock);
  m->key[5] ^= 0x55;
  (void)pthread_mutex_unlock(&m->lock);
}

void controller_stop(struct mini_controller *m)
{
  mini_stop(&m->mapper);
  mini_deinit(&m->mapper);
  end(m);
  portero_acceptor_free(m->acceptor);
  (void)pthread_mutex_destroy(&m->lock);
}

uint16_t controller_mapper_port(const struct mini_controller *m)
{
  return port_of(portero_server_binding(m->mapper.server, 0));
}
