/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/auth/auth.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <portero/auth.h>

#include "src/auth/mechanisms.h"
#include "src/auth/netlogon_channel.h"

#define ACCOUNTS "alice:8846f7eaee8fb117ad06bdd830b7586c\n" /* "password" */
#define LEGS_MAX 6u

static bool failed(const char *what, const struct portero_security *s)
{
  const char *why = s && s->ops->why ? s->ops->why(s) : NULL;

  (void)fprintf(stderr, "auth: %s: %s\n", what, why ? why : "cannot be had");
  return false;
}

/* Both ends in turns, until neither has more to say. */
static bool meet(struct ends *e)
{
  struct portero_writer out[2];
  struct portero_bytes token = portero_bytes_make(NULL, 0);
  bool done[2] = {false, false}, good = true;

  portero_writer_init(&out[0], &portero_mem_malloc, 70000);
  portero_writer_init(&out[1], &portero_mem_malloc, 70000);
  for (unsigned n = 0; good && n < LEGS_MAX && !(done[0] && done[1]); n++) {
    struct portero_security *s = n % 2 ? e->to : e->from;
    portero_writer_reset(&out[n % 2]);
    good =
        portero_is_ok(s->ops->step(s, token, &out[n % 2], &done[n % 2])) || failed("dialogue", s);
    token = portero_writer_bytes(&out[n % 2]);
  }
  portero_writer_deinit(&out[0]);
  portero_writer_deinit(&out[1]);
  return good && done[0] && done[1];
}

void ends_free(struct ends *e)
{
  if (e->from)
    e->from->ops->free(e->from);
  if (e->to)
    e->to->ops->free(e->to);
}

/* ---- NTLM ---- */

static struct portero_acceptor *ntlm_acceptor, *kerberos_acceptor, *netlogon_acceptor;

static bool write_accounts(const char *path)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool written = fd >= 0 && write(fd, ACCOUNTS, sizeof ACCOUNTS - 1) == sizeof ACCOUNTS - 1;

  if (fd >= 0)
    (void)close(fd);
  return written;
}

static bool begin(struct ends *e, uint8_t type, const struct portero_credentials_options *who,
                  const char *target, const struct portero_acceptor *acceptor)
{
  struct portero_login login = {.type = type, .target = target};
  bool begun = portero_is_ok(portero_credentials_new(who, &login.credentials)) &&
               portero_is_ok(portero_login_begin(&login, "", &e->from)) &&
               portero_is_ok(acceptor->begin(acceptor->ctx, PORTERO_LEVEL_PRIVACY, &e->to));

  portero_credentials_free(login.credentials);
  return begun && meet(e);
}

bool ends_ntlm(struct ends *e, const char *folder)
{
  struct portero_credentials_options who = {.user = "alice", .password = "password"};
  char path[KDC_PATH];
  struct portero_ntlm_options options = {.accounts = path, .computer = "HOST"};

  (void)snprintf(path, sizeof path, "%s/accounts", folder);
  if (!write_accounts(path) || !portero_is_ok(portero_acceptor_ntlm_new(&options, &ntlm_acceptor)))
    return failed("NTLM", NULL);
  return begin(e, PORTERO_AUTH_NTLM, &who, "host/server", ntlm_acceptor);
}

/* ---- Kerberos ---- */

bool ends_kerberos(struct ends *e, const struct kdc *kdc)
{
  struct portero_credentials_options who = {.user = "alice@" KDC_REALM, .password = KDC_PASSWORD};
  char path[KDC_PATH];
  struct portero_kerberos_options options = {
      .keytab = kdc_path(kdc, "aes256-cts-hmac-sha1-96.keytab", path)};

  if (!portero_is_ok(portero_acceptor_kerberos_new(&options, &kerberos_acceptor)))
    return failed("Kerberos", NULL);
  return begin(e, PORTERO_AUTH_KERBEROS, &who, "host/aes256-cts-hmac-sha1-96.kdc.test",
               kerberos_acceptor);
}

/* ---- Netlogon ---- */

static struct portero_netlogon_channel channel = {.names = {.computer = "FILES", .domain = "LAB"},
                                                  .lock = PTHREAD_MUTEX_INITIALIZER,
                                                  .is_open = true};

static portero_status find(void *user, const char *computer, const char *domain,
                           uint8_t out_key[16])
{
  (void)user;
  (void)computer;
  (void)domain;
  memcpy(out_key, channel.key.bytes, 16);
  return portero_ok();
}

bool ends_netlogon(struct ends *e)
{
  channel.key.aes = true;
  memset(channel.key.bytes, 0x5a, sizeof channel.key.bytes);
  if (!portero_is_ok(portero_acceptor_netlogon_new(find, NULL, &netlogon_acceptor)) ||
      !portero_is_ok(netlogon_initiator_new(&channel, PORTERO_LEVEL_PRIVACY, &e->from)) ||
      !portero_is_ok(
          netlogon_acceptor->begin(netlogon_acceptor->ctx, PORTERO_LEVEL_PRIVACY, &e->to)))
    return failed("Netlogon", NULL);
  return meet(e);
}
