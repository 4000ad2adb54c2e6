/* SPDX-License-Identifier: Apache-2.0 */
/* portero user: the accounts that a server knows without a domain. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/auth/accounts.h"
#include "src/auth/ntlm_response.h"
#include "src/cli/secret.h"
#include "src/cli/tool.h"

static const char help[] =
    "usage: portero user add [OPTION]... NAME\n"
    "       portero user del [OPTION]... NAME\n"
    "       portero user list [OPTION]...\n"
    "\n"
    "The accounts that servers of this host check NTLM callers against. The password\n"
    "is asked for, and kept as its NT hash, which is worth as much as the password:\n"
    "the file must have mode 0600.\n"
    "\n"
    "  --accounts FILE         the file (default: " ACCOUNTS_DEFAULT ")\n"
    "  --password-stdin        add: the password is the first line of standard input\n"
    "  --sid SID[,SID]...      add: the account's SID, then those of its groups\n"
    "  --disabled              add: known, but not let in\n"
    "  --replace               add: put it in the place of an account of this name\n"
    "  --json                  list: for machines\n"
    "  --help                  this text\n"
    "\n"
    "Exit status: 0 done, 1 there is no such account, or one already, 2 wrong usage,\n"
    "5 failure on this host.\n";

enum {
  USER_ACCOUNTS = 1,
  USER_PASSWORD_STDIN,
  USER_SID,
  USER_DISABLED,
  USER_REPLACE
};

static const struct option options[] = {
    {"accounts", required_argument, NULL, USER_ACCOUNTS},
    {"password-stdin", no_argument, NULL, USER_PASSWORD_STDIN},
    {"sid", required_argument, NULL, USER_SID},
    {"disabled", no_argument, NULL, USER_DISABLED},
    {"replace", no_argument, NULL, USER_REPLACE},
    {"json", no_argument, NULL, TOOL_JSON},
    {"help", no_argument, NULL, TOOL_HELP},
    {NULL, 0, NULL, 0},
};

struct user {
  struct tool tool;
  const char *path;
  struct account account;
  bool password_stdin, replace, for_add; /* for_add: an option that only add has */
};

static int failure(const struct user *u, const char *what, const char *why, int exit_code)
{
  complain(u->tool.name, "%s: %s", what, why);
  return exit_code;
}

static int file_failure(const struct user *u, portero_status status, unsigned line)
{
  char text[128];

  if (portero_is_local(status, PORTERO_LOCAL_DENIED))
    return failure(u, u->path,
                   "must be a file of root or of yours that nobody else may read; "
                   "chmod 600 and chown it",
                   EXIT_LOCAL_FAILURE);
  if (portero_is_local(status, PORTERO_LOCAL_MALFORMED)) {
    (void)snprintf(text, sizeof text, "line %u is no account, or one that was there already", line);
    return failure(u, u->path, text, EXIT_LOCAL_FAILURE);
  }
  if (status.klass == PORTERO_CLASS_SYSTEM) {
    (void)snprintf(text, sizeof text, "%s%s", strerror((int)status.code),
                   status.code != ENOENT ? ""
                   : u->for_add          ? "; make the folder first, or name a file with --accounts"
                                         : "; portero user add makes it");
    return failure(u, u->path, text, EXIT_LOCAL_FAILURE);
  }
  return failure(u, u->path, portero_status_text(status, text, sizeof text), EXIT_LOCAL_FAILURE);
}

/* ---- add, del ---- */

static int ask_password(struct user *u, char *out_secret)
{
  char again[SECRET_SIZE];
  enum secret_result result;
  bool same = true;

  if (u->password_stdin)
    result = secret_from_stdin(out_secret);
  else
    result = secret_ask("Password: ", out_secret);
  if (result == SECRET_OK && !u->password_stdin) {
    result = secret_ask("Once more: ", again);
    same = result == SECRET_OK && strcmp(out_secret, again) == 0;
    explicit_bzero(again, sizeof again);
  }
  if (result == SECRET_NO_TERMINAL)
    return failure(u, u->account.name,
                   "there is no terminal to ask for the password; --password-stdin reads it from "
                   "standard input",
                   EXIT_LOCAL_FAILURE);
  if (result != SECRET_OK)
    return failure(u, u->account.name, secret_result_text(result), EXIT_LOCAL_FAILURE);
  if (!same)
    return failure(u, u->account.name, "the two passwords are not the same", EXIT_USAGE);
  if (!*out_secret)
    return failure(u, u->account.name, "an empty password would let anybody in", EXIT_USAGE);
  return TOOL_GO_ON;
}

static int hash_password(struct user *u)
{
  char password[SECRET_SIZE];
  int exit_code = ask_password(u, password);

  if (exit_code == TOOL_GO_ON && !portero_is_ok(ntlm_nt_hash(password, u->account.nt_hash)))
    exit_code = failure(u, u->account.name, "the password is no UTF-8", EXIT_USAGE);
  explicit_bzero(password, sizeof password);
  return exit_code;
}

/* Told before anybody types a password for nothing. */
static int check_name(struct user *u, const char *name)
{
  struct account_key key;

  if (!portero_is_ok(account_name_check(name, &key)))
    return failure(u, name,
                   "no account name: up to 128 bytes, none of \"/\\[]:;|=,+*?<>@# and no "
                   "control character",
                   EXIT_USAGE);
  (void)snprintf(u->account.name, sizeof u->account.name, "%s", name);
  return TOOL_GO_ON;
}

static int user_add(struct user *u)
{
  int exit_code = hash_password(u);
  portero_status status;

  if (exit_code != TOOL_GO_ON)
    return exit_code;
  status = accounts_add(u->path, &u->account, u->replace);
  if (portero_is_local(status, PORTERO_LOCAL_EXISTS))
    return failure(u, u->account.name, "there is an account of this name; --replace changes it",
                   EXIT_NEGATIVE);
  return portero_is_ok(status) ? EXIT_OK : file_failure(u, status, 0);
}

static int user_del(struct user *u)
{
  portero_status status = accounts_remove(u->path, u->account.name);

  if (portero_is_local(status, PORTERO_LOCAL_NOT_FOUND))
    return failure(u, u->account.name, "there is no such account", EXIT_NEGATIVE);
  return portero_is_ok(status) ? EXIT_OK : file_failure(u, status, 0);
}

/* ---- list ---- */

static void show(const struct user *u, struct out_json *j, const struct account *a)
{
  char sid[PORTERO_SID_TEXT];
  size_t width;

  if (u->tool.json) {
    out_begin(j, NULL, '{');
    out_text(j, "name", a->name);
    out_bool(j, "disabled", a->disabled);
    out_begin(j, "sids", '[');
    for (size_t i = 0; i < a->n_sids; i++)
      out_text(j, NULL, portero_sid_text(&a->sids[i], sid));
    out_end(j, ']');
    out_end(j, '}');
    return;
  }
  width = output_text(stdout, a->name);
  (void)printf("%*s  %-8s", width < 20 ? (int)(20 - width) : 0, "",
               a->disabled ? "disabled" : "enabled");
  for (size_t i = 0; i < a->n_sids; i++)
    (void)printf("%s%s", i ? "," : "  ", portero_sid_text(&a->sids[i], sid));
  (void)putchar('\n');
}

static int show_lines(const struct user *u, char *text)
{
  struct out_json j = {.stream = stdout};
  char *rest = text, *line;

  if (u->tool.json)
    out_begin(&j, NULL, '[');
  while ((line = strsep(&rest, "\n"))) {
    struct account a;
    if (portero_is_ok(account_parse(line, &a)))
      show(u, &j, &a);
    explicit_bzero(&a, sizeof a);
  }
  if (u->tool.json)
    out_end(&j, ']');
  return EXIT_OK;
}

/* What a server would refuse is refused here too. */
static int user_list(struct user *u)
{
  struct accounts_text text;
  struct accounts *checked;
  unsigned line = 0;
  portero_status status = accounts_open(u->path, &checked, &line);
  int fd, exit_code;

  if (!portero_is_ok(status))
    return file_failure(u, status, line);
  accounts_free(checked);
  fd = open(u->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return failure(u, u->path, strerror(errno), EXIT_LOCAL_FAILURE);
  status = accounts_text_load(fd, true, &text);
  close(fd);
  if (!portero_is_ok(status))
    return file_failure(u, status, 0);
  exit_code = show_lines(u, text.data);
  accounts_text_free(&text);
  return exit_code;
}

/* ---- which of them ---- */

static int set_sids(struct user *u, char *text)
{
  char *rest = text, *sid;

  u->account.n_sids = 0;
  while ((sid = strsep(&rest, ","))) {
    if (u->account.n_sids == ACCOUNT_SIDS)
      return tool_usage(&u->tool, "--sid: more than %u", ACCOUNT_SIDS);
    if (!portero_sid_parse(sid, &u->account.sids[u->account.n_sids]))
      return tool_usage(&u->tool, "--sid %s: expected a SID, S-1-5-21-...", sid);
    u->account.n_sids++;
  }
  return TOOL_GO_ON;
}

static int set_option(struct user *u, int option)
{
  u->for_add = u->for_add || option != USER_ACCOUNTS;
  switch (option) {
  case USER_ACCOUNTS:
    u->path = optarg;
    return TOOL_GO_ON;
  case USER_SID:
    return set_sids(u, optarg);
  case USER_PASSWORD_STDIN:
    u->password_stdin = true;
    return TOOL_GO_ON;
  case USER_DISABLED:
    u->account.disabled = true;
    return TOOL_GO_ON;
  default:
    u->replace = true;
    return TOOL_GO_ON;
  }
}

static int run(struct user *u, int argc, char **argv)
{
  const char *verb = argv[optind];
  bool add = strcmp(verb, "add") == 0, del = strcmp(verb, "del") == 0;
  bool list = strcmp(verb, "list") == 0;
  int exit_code;

  if (!add && !del && !list)
    return tool_usage(&u->tool, "%s: expected add, del or list", verb);
  if ((u->for_add && !add) || (u->tool.json && !list))
    return tool_usage(&u->tool, "%s: this option is not for it; see portero user --help", verb);
  if (list)
    return argc - optind == 1 ? user_list(u) : tool_usage(&u->tool, "list takes no name");
  if (argc - optind != 2)
    return tool_usage(&u->tool, "%s: expected one name", verb);
  exit_code = check_name(u, argv[optind + 1]);
  if (exit_code != TOOL_GO_ON)
    return exit_code;
  return add ? user_add(u) : user_del(u);
}

int command_user(int argc, char **argv)
{
  struct user u;
  int option, exit_code = TOOL_GO_ON;

  memset(&u, 0, sizeof u);
  tool_init(&u.tool, "user");
  u.path = ACCOUNTS_DEFAULT;
  while (exit_code == TOOL_GO_ON &&
         (option = tool_option(&u.tool, argc, argv, "", options, help, &exit_code)) != -1)
    exit_code = set_option(&u, option);
  if (exit_code == TOOL_GO_ON)
    exit_code = tool_arguments(&u.tool, argc, 1, 2, "add|del|list [OPTION]... [NAME]");
  if (exit_code == TOOL_GO_ON)
    exit_code = run(&u, argc, argv);
  explicit_bzero(&u.account, sizeof u.account);
  tool_deinit(&u.tool);
  return exit_code;
}
