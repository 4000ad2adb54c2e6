/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/login.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/auth/credentials.h"
#include "src/cli/commands.h"
#include "src/cli/complaint.h"
#include "src/cli/secret.h"

struct word {
  const char *word;
  uint8_t value;
};

static const struct word types[] = {
    {"ntlm", PORTERO_AUTH_NTLM},     {"krb5", PORTERO_AUTH_KERBEROS},
    {"spnego", PORTERO_AUTH_SPNEGO}, {"netlogon", PORTERO_AUTH_NETLOGON},
    {"none", PORTERO_AUTH_NONE},
};

static const struct word levels[] = {
    {"connect", PORTERO_LEVEL_CONNECT}, {"call", PORTERO_LEVEL_CALL},
    {"packet", PORTERO_LEVEL_PACKET},   {"integrity", PORTERO_LEVEL_INTEGRITY},
    {"privacy", PORTERO_LEVEL_PRIVACY},
};

static int login_usage(const struct login *l, const char *format, ...) PORTERO_PRINTF(2, 3);

static int login_usage(const struct login *l, const char *format, ...)
{
  va_list args;

  va_start(args, format);
  complain_va(l->tool, format, args);
  va_end(args);
  return EXIT_USAGE;
}

static bool find_word(const struct word *words, size_t n, const char *text, uint8_t *out_value)
{
  for (size_t i = 0; i < n; i++)
    if (strcmp(words[i].word, text) == 0) {
      *out_value = words[i].value;
      return true;
    }
  return false;
}

/* ---- options ---- */

static bool take_type(struct login *l, const char *text)
{
  l->has_type = true;
  if (find_word(types, sizeof types / sizeof types[0], text, &l->login.type))
    return true;
  (void)login_usage(l, "--auth %s: expected none, ntlm, krb5, spnego or netlogon", text);
  return false;
}

static bool take_level(struct login *l, const char *text)
{
  if (find_word(levels, sizeof levels / sizeof levels[0], text, &l->login.level))
    return true;
  (void)login_usage(l, "--level %s: expected connect, packet, integrity or privacy%s", text,
                 strcmp(text, "none") == 0 ? "; without authentication: leave --user and --auth out"
                                           : "");
  return false;
}

bool login_option(struct login *l, int option, const char *value)
{
  l->wanted = true;
  switch (option) {
  case LOGIN_USER:
    l->user = value;
    return true;
  case LOGIN_AUTH:
    return take_type(l, value);
  case LOGIN_LEVEL:
    return take_level(l, value);
  case LOGIN_FILE:
    l->file = value;
    return true;
  case LOGIN_TARGET:
    l->login.target = value;
    return true;
  case LOGIN_CCACHE:
    l->ccache = value;
    return true;
  case LOGIN_KEYTAB:
    l->keytab = value;
    return true;
  default:
    l->login.no_header_signing = true;
    return true;
  }
}

/* ---- credentials ---- */

static int told(const struct login *l, portero_status status)
{
  char text[128];

  if (portero_is_ok(status))
    return 0;
  (void)login_usage(l, "credentials: %s", portero_status_text(status, text, sizeof text));
  return portero_is_local(status, PORTERO_LOCAL_NO_MEMORY) ? EXIT_LOCAL_FAILURE : EXIT_USAGE;
}

static int from_file(struct login *l)
{
  portero_status status = portero_credentials_from_file(l->file, &l->credentials);

  if (portero_is_local(status, PORTERO_LOCAL_DENIED))
    return login_usage(l, "%s: others may read it: chmod 600 %s", l->file, l->file);
  if (portero_is_local(status, PORTERO_LOCAL_MALFORMED))
    return login_usage(l, "%s: expected lines \"username = \", \"password = \" and \"domain = \"",
                    l->file);
  if (status.klass == PORTERO_CLASS_SYSTEM)
    return login_usage(l, "%s: %s", l->file, strerror((int)status.code));
  return told(l, status);
}

static int from_words(struct login *l, const char *user, const char *password)
{
  struct portero_credentials_options o;

  memset(&o, 0, sizeof o);
  o.user = user;
  o.password = password;
  o.ccache = l->ccache;
  o.keytab = l->keytab;
  return told(l, portero_credentials_new(&o, &l->credentials));
}

static int from_prompt(struct login *l)
{
  char prompt[256], secret[SECRET_SIZE];
  enum secret_result result;
  int code;

  (void)snprintf(prompt, sizeof prompt, "Password of %s: ", l->user);
  result = secret_ask(prompt, secret);
  if (result == SECRET_NO_TERMINAL || (result == SECRET_OK && !*secret))
    return login_usage(l,
                    "no password for %s, and no terminal to ask on: give --auth-file, or have a\n"
                    "ticket (kinit) and leave --user out",
                    l->user);
  if (result != SECRET_OK)
    return login_usage(l, "%s: %s", l->user, secret_result_text(result));
  code = from_words(l, l->user, secret);
  explicit_bzero(secret, sizeof secret);
  return code;
}

/* "name%password" */
static int from_argument(struct login *l, const char *percent)
{
  char *user = strndup(l->user, (size_t)(percent - l->user));
  int code;

  if (!user)
    return told(l, portero_local(PORTERO_LOCAL_NO_MEMORY));
  code = from_words(l, user, percent + 1);
  free(user);
  return code;
}

static int anonymous(struct login *l)
{
  struct portero_credentials_options o;

  memset(&o, 0, sizeof o);
  o.anonymous = true;
  if (l->has_type && l->login.type != PORTERO_AUTH_NTLM && l->login.type != PORTERO_AUTH_SPNEGO)
    return login_usage(l, "--user %%: only NTLM knows callers without a name");
  return told(l, portero_credentials_new(&o, &l->credentials));
}

static int take_credentials(struct login *l)
{
  const char *percent = l->user ? strchr(l->user, '%') : NULL;

  if (l->file)
    return from_file(l);
  if (!l->user && (l->login.type == PORTERO_AUTH_NTLM || l->login.type == PORTERO_AUTH_NETLOGON))
    return login_usage(l, "--auth %s needs --user or --auth-file",
                    l->login.type == PORTERO_AUTH_NTLM ? "ntlm" : "netlogon");
  if (l->user && strcmp(l->user, "%") == 0)
    return anonymous(l);
  if (percent)
    return from_argument(l, percent);
  if (l->user && !l->keytab && !l->ccache)
    return from_prompt(l);
  return l->user || l->ccache || l->keytab ? from_words(l, l->user, NULL) : 0;
}

static int check(const struct login *l)
{
  bool none = l->has_type && l->login.type == PORTERO_AUTH_NONE;

  if (none && (l->user || l->file || l->ccache || l->keytab || l->login.level))
    return login_usage(l, "--auth none goes with no other option of authentication");
  if (!none && !l->has_type && !l->user && !l->file && !l->ccache && !l->keytab)
    return login_usage(l, "--level, --target and --no-header-signing need --user or --auth");
  if (l->user && l->file)
    return login_usage(l, "--user and --auth-file: the file names the user");
  if (l->keytab && !l->user)
    return login_usage(l, "--keytab needs --user: whose key it is");
  return 0;
}

/* ---- Netlogon ---- */

/* "FILES$" is the account of the computer FILES. */
static bool computer_of(const struct portero_credentials *c, char *computer, size_t size)
{
  size_t n = c->user ? strlen(c->user) : 0;

  if (n < 2 || n > size || c->user[n - 1] != '$' || !c->domain || !c->password)
    return false;
  memcpy(computer, c->user, n - 1);
  computer[n - 1] = 0;
  return true;
}

static int open_channel(struct login *l, const char *host,
                        const struct portero_client_options *options)
{
  struct portero_netlogon_options o;
  char computer[64];
  portero_status status;

  if (!computer_of(l->credentials, computer, sizeof computer))
    return login_usage(l, "--auth netlogon needs a machine account with its domain and password: "
                       "--user 'DOMAIN\\COMPUTER$'");
  memset(&o, 0, sizeof o);
  o.server = host;
  o.computer = computer;
  o.account = l->credentials->user;
  o.domain = l->credentials->domain;
  o.password = l->credentials->password;
  o.mapper_port = options->mapper_port;
  o.timeout = options->timeout;
  status = portero_netlogon_open(&o, &l->channel);
  if (portero_is_ok(status))
    return 0;
  (void)login_usage(l, "the secure channel to %s: %s", host,
                 l->channel ? portero_netlogon_error(l->channel) : "no memory");
  return (int)exit_code_of(status);
}

int login_settle(struct login *l, const char *host, const struct portero_client_options *options,
                 const struct portero_login **out_login)
{
  int code = 0;

  *out_login = NULL;
  if (!l->wanted)
    return 0;
  code = check(l);
  if (code == 0 && l->has_type && l->login.type == PORTERO_AUTH_NONE)
    return 0;
  if (code == 0 && !l->credentials)
    code = take_credentials(l);
  if (code == 0 && l->login.type == PORTERO_AUTH_NETLOGON && !l->channel)
    code = open_channel(l, host, options);
  if (code)
    return code;
  l->login.netlogon = l->channel;
  l->login.credentials = l->channel ? NULL : l->credentials;
  *out_login = &l->login;
  return 0;
}

void login_deinit(struct login *l)
{
  portero_netlogon_close(l->channel);
  l->channel = NULL;
  portero_credentials_free(l->credentials);
  l->credentials = NULL;
}
