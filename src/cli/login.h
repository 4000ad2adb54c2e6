/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the tools authenticate: --user, --auth, --level and their kin. Without any of them they do
 * not. A password comes from a file or a prompt; in the argument of --user it is possible, and
 * visible to everybody who lists processes.
 */
#ifndef PORTERO_CLI_LOGIN_H
#define PORTERO_CLI_LOGIN_H

#include <portero/client.h>
#include <portero/netlogon.h>

struct login {
  const char *tool;
  /* as given */
  const char *user, *file, *ccache, *keytab;
  bool has_type, wanted;
  /* settled */
  struct portero_credentials *credentials;
  struct portero_netlogon_channel *channel;
  struct portero_login login;
};

enum {
  LOGIN_USER = 1100,
  LOGIN_AUTH,
  LOGIN_LEVEL,
  LOGIN_FILE,
  LOGIN_TARGET,
  LOGIN_CCACHE,
  LOGIN_KEYTAB,
  LOGIN_NO_HEADER_SIGNING
};

/* clang-format off */
#define LOGIN_OPTIONS                                              \
  {"user", required_argument, NULL, LOGIN_USER},                   \
  {"auth", required_argument, NULL, LOGIN_AUTH},                   \
  {"level", required_argument, NULL, LOGIN_LEVEL},                 \
  {"auth-file", required_argument, NULL, LOGIN_FILE},              \
  {"target", required_argument, NULL, LOGIN_TARGET},               \
  {"ccache", required_argument, NULL, LOGIN_CCACHE},               \
  {"keytab", required_argument, NULL, LOGIN_KEYTAB},               \
  {"no-header-signing", no_argument, NULL, LOGIN_NO_HEADER_SIGNING}
/* clang-format on */

#define LOGIN_HELP_TEXT                                                                            \
  "  --user USER             name, DOMAIN\\name or name@REALM; asks for the password\n"            \
  "  --auth WAY              none, ntlm, krb5, netlogon or (default) spnego\n"                     \
  "  --level LEVEL           connect, packet, integrity or privacy (default)\n"                    \
  "  --auth-file FILE        user and password from a file; see portero-auth(7)\n"

static inline bool login_is_option(int option)
{
  return option >= LOGIN_USER && option <= LOGIN_NO_HEADER_SIGNING;
}

/* false: told why. */
bool login_option(struct login *l, int option, const char *value);
/*
 * What the client is opened with, NULL for no authentication; host is called, and where that is
 * the way its Netlogon channel is made. Asks for a password when there is none. Returns 0, or the
 * exit code after telling why.
 */
int login_settle(struct login *l, const char *host, const struct portero_client_options *options,
                 const struct portero_login **out_login);
void login_deinit(struct login *l);

#endif
