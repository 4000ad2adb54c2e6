/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain member: opens the secure channel, asks what the controller can do with authenticators
 * under it (with and without header signing), validates a user. Prints what it was told.
 * usage: PASSWORD=... netlogon_member HOST COMPUTER DOMAIN LEVEL ACCOUNT CHALLENGE RESPONSE
 * LEVEL is the number of the authentication level; CHALLENGE and RESPONSE are hexadecimal.
 */
#include <stdio.h>
#include <stdlib.h>

#include "idl/netlogon_rpc.h"

#include <portero/netlogon.h>

#define RESPONSE_SIZE 1024u
#define CALLS         3

struct question {
  const char *host, *computer, *domain;
  uint8_t level;
  struct portero_netlogon_attempt logon;
};

static int complain(const char *what, portero_status status, const char *why)
{
  char text[128];

  (void)printf("error %s: %s\n", what, portero_status_text(status, text, sizeof text));
  (void)printf("why %s\n", why);
  return 1;
}

static size_t unhex(const char *hex, uint8_t *out, size_t size)
{
  size_t n = 0;
  unsigned value;

  for (; n < size && sscanf(hex + 2 * n, "%2x", &value) == 1; n++)
    out[n] = (uint8_t)value;
  return n;
}

static void print_hex(const char *label, struct portero_bytes bytes)
{
  (void)printf("%s ", label);
  for (size_t i = 0; i < bytes.size; i++)
    (void)printf("%02x", bytes.data[i]);
  (void)printf("\n");
}

/* ---- calls with authenticators ---- */

static portero_status ask(struct portero_netlogon_channel *channel, struct portero_client *client,
                          const char *host, const char *computer)
{
  struct netlogon_NetrLogonGetCapabilities args = {
      .server_name = host, .computer_name = computer, .query_level = 1};
  struct portero_netlogon_authenticator sent, returned;
  portero_status status;

  portero_netlogon_authenticate(channel, &sent);
  memcpy(args.auth.value.data, sent.credential, sizeof sent.credential);
  args.auth.timestamp = sent.timestamp;
  status = netlogon_NetrLogonGetCapabilities(client, &args);
  if (!portero_is_ok(status))
    return status;
  if (args.result_)
    return portero_status_make(PORTERO_CLASS_RESULT, args.result_);
  memcpy(returned.credential, args.return_auth.value.data, sizeof returned.credential);
  returned.timestamp = args.return_auth.timestamp;
  if (!portero_netlogon_verify(channel, &returned))
    return portero_local(PORTERO_LOCAL_SECURITY);
  (void)printf("capabilities %08x\n", args.result.server_capabilities);
  return portero_ok();
}

static int capabilities(struct portero_netlogon_channel *channel, const struct question *q,
                        bool header_signing)
{
  struct portero_login login = {.type = PORTERO_AUTH_NETLOGON,
                                .level = q->level,
                                .netlogon = channel,
                                .no_header_signing = !header_signing};
  struct portero_client_options options = {.login = &login};
  struct portero_client *client = NULL;
  char binding[256];
  portero_status status;
  int result = 0;

  (void)snprintf(binding, sizeof binding, "ncacn_ip_tcp:%s", q->host);
  status = portero_client_open(binding, &netlogon_interface.id, &options, &client);
  for (int i = 0; i < CALLS && portero_is_ok(status); i++)
    status = ask(channel, client, q->host, q->computer);
  if (!portero_is_ok(status))
    result = complain("capabilities", status, client ? portero_client_error(client) : "");
  portero_client_close(client);
  return result;
}

/* ---- a logon ---- */

static int validate(struct portero_netlogon_channel *channel, const struct question *q)
{
  const struct portero_identity *identity;
  struct portero_netlogon_user *user;
  char text[PORTERO_SID_TEXT];
  portero_status status = portero_netlogon_logon(channel, &q->logon, &user);

  if (!portero_is_ok(status))
    return complain("logon", status, portero_netlogon_error(channel));
  identity = portero_netlogon_user_identity(user);
  (void)printf("account %s\ndomain %s\n", identity->account, identity->domain);
  print_hex("key", identity->session_key);
  for (size_t i = 0; i < identity->n_sids; i++)
    (void)printf("sid %s\n", portero_sid_text(&identity->sids[i], text));
  portero_netlogon_user_free(user);
  return 0;
}

static int work(struct portero_netlogon_channel *channel, const struct question *q)
{
  int result;

  (void)printf("rid %u\nflags %08x\n", portero_netlogon_rid(channel),
               portero_netlogon_flags(channel));
  result = capabilities(channel, q, true);
  if (result == 0)
    result = capabilities(channel, q, false);
  return result ? result : validate(channel, q);
}

int main(int argc, char **argv)
{
  struct portero_netlogon_channel *channel = NULL;
  uint8_t response[RESPONSE_SIZE];
  struct question q = {.host = NULL};
  portero_status status;
  int result;

  if (argc != 8 || !getenv("PASSWORD")) {
    (void)fprintf(stderr, "usage: PASSWORD=... netlogon_member HOST COMPUTER DOMAIN LEVEL ACCOUNT "
                          "CHALLENGE RESPONSE\n");
    return 2;
  }
  q.host = argv[1];
  q.computer = argv[2];
  q.domain = argv[3];
  q.level = (uint8_t)strtoul(argv[4], NULL, 10);
  q.logon.account = argv[5];
  q.logon.domain = argv[3];
  q.logon.workstation = argv[2];
  (void)unhex(argv[6], q.logon.challenge, sizeof q.logon.challenge);
  q.logon.nt_response = portero_bytes_make(response, unhex(argv[7], response, sizeof response));
  status = portero_netlogon_open(&(struct portero_netlogon_options){.server = q.host,
                                                                    .computer = q.computer,
                                                                    .domain = q.domain,
                                                                    .level = q.level,
                                                                    .password = getenv("PASSWORD")},
                                 &channel);
  result = portero_is_ok(status) ? work(channel, &q)
                                 : complain("open", status, portero_netlogon_error(channel));
  portero_netlogon_close(channel);
  return result;
}
