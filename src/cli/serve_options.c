/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/serve_options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/cli/commands.h"
#include "src/cli/interface_name.h"
#include "src/cli/serve_check.h"
#include "src/cli/serve_reload.h"
#include "src/config/schema.h"

#define ROOT_SOCKET  "/run/portero/epmapper.sock"
#define DEFAULT_FILE "/etc/portero/portero.conf"
/* The account that many programs share, and that stands for users a namespace does not know. */
#define NOBODY 65534u

static const char help[] =
    "usage: portero serve [OPTION]...\n"
    "\n"
    "Runs the endpoint mapper: it answers on TCP port 135 which interface is served\n"
    "where, and takes registrations from processes of this host over a local socket.\n"
    "\n"
    "  --address ADDRESS       listen on this address; may be repeated (default: all)\n"
    "  --port PORT             listen on this port (default: 135)\n"
    "  --socket PATH           local socket for registration\n"
    "  --port-range LOW-HIGH   ports for dynamic endpoints (default: 49152-65535)\n"
    "  --threads N             event loops (default: 1)\n"
    "  --user ACCOUNT          account to become after binding (default: portero)\n"
    "  --policy FILE           who may register and call, portero-policy(5)\n"
    "  --book FILE             append the visitors' book to this file, as JSON lines;\n"
    "                          may be repeated\n"
    "  --config FILE           configuration, portero.conf(5)\n"
    "                          (default: " DEFAULT_FILE " where it exists)\n"
    "  --check                 check the options, the file and what it names, then\n"
    "                          exit\n"
    "  --help                  this text\n"
    "\n"
    "It stays in the foreground; SIGTERM and SIGINT end it in good order, SIGHUP\n"
    "makes it read the policy again and open the book anew.\n"
    "Exit status: 0 ended in good order, 2 wrong options, configuration or policy,\n"
    "5 cannot listen.\n";

enum {
  OPTION_CONFIG = 256,
  OPTION_CHECK,
  OPTION_HELP,
  OPTION_BOOK,
  OPTION_KEY
};

static const struct option options[] = {
    {"address", required_argument, NULL, OPTION_KEY + 0},
    {"port", required_argument, NULL, OPTION_KEY + 1},
    {"socket", required_argument, NULL, OPTION_KEY + 2},
    {"port-range", required_argument, NULL, OPTION_KEY + 3},
    {"threads", required_argument, NULL, OPTION_KEY + 4},
    {"user", required_argument, NULL, OPTION_KEY + 5},
    {"policy", required_argument, NULL, OPTION_KEY + 6},
    {"book", required_argument, NULL, OPTION_BOOK},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static const char *const option_keys[] = {
    "mapper.addresses", "mapper.port", "mapper.socket", "mapper.port-range",
    "mapper.threads",   "mapper.user", "policy.file",
};

/* About the value of a key, with the place in the file that it is from. */
static bool key_complain(const struct serve_options *o, const char *path, const char *format, ...)
    PORTERO_PRINTF(3, 4);

static bool key_complain(const struct serve_options *o, const char *path, const char *format, ...)
{
  const struct schema_key *key = schema_find(path);
  uint32_t line = key ? o->config.lines[key - schema_keys] : 0;
  va_list args;

  (void)fprintf(stderr, "portero serve: ");
  if (line)
    (void)fprintf(stderr, "%s:%u: ", o->file, line);
  (void)fprintf(stderr, "%s: ", path);
  va_start(args, format);
  (void)vfprintf(stderr, format, args);
  va_end(args);
  (void)fputc('\n', stderr);
  return false;
}

static bool option_set(struct serve_options *o, int option, const char *text)
{
  const struct schema_key *key = schema_find(option_keys[option - OPTION_KEY]);
  char expected[SCHEMA_EXPECTED_SIZE] = "";

  if (key)
    o->config.lines[key - schema_keys] = 0;
  if (key && schema_set(key, &o->config, NULL, text, expected))
    return true;
  (void)fprintf(stderr, "portero serve: --%s %s: expected %s\n", options[option - OPTION_KEY].name,
                text, expected);
  return false;
}

/* Beside the sinks of the file. */
static bool book_add(struct serve_options *o, const char *path)
{
  struct config_sink *sink = *path ? config_sink_add(&o->config) : NULL;

  if (sink) {
    sink->file = path;
    return true;
  }
  (void)fprintf(stderr, "portero serve: --book: expected a file, at most %u sinks in all\n",
                CONFIG_SINK_MAX);
  return false;
}

static bool file_read(struct serve_options *o, const char *path)
{
  char message[512];
  struct stat found;

  /* Only a file that is not there may be left out: one that cannot be read was meant. */
  if (!path && stat(DEFAULT_FILE, &found) != 0 && (errno == ENOENT || errno == ENOTDIR))
    return true;
  o->file = path ? path : DEFAULT_FILE;
  if (portero_is_ok(config_read(&o->config, o->file, message, sizeof message)))
    return true;
  (void)fprintf(stderr, "portero serve: %s\n", message);
  return false;
}

/* Twice over the arguments: the file first, then what overrides it. */
static int arguments_read(struct serve_options *o, int argc, char **argv, bool *out_check)
{
  const char *file = NULL;
  bool addresses_seen = false;
  int option;

  *out_check = false;
  optind = 1;
  opterr = 0;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == OPTION_HELP)
      return fputs(help, stdout) == EOF ? EXIT_LOCAL_FAILURE : 0;
    if (option == '?') {
      (void)fprintf(stderr,
                    "portero serve: %s: unknown option, or its value is missing; see portero serve "
                    "--help\n",
                    argv[optind - 1]);
      return EXIT_USAGE;
    }
    if (option == OPTION_CONFIG)
      file = optarg;
    *out_check = *out_check || option == OPTION_CHECK;
  }
  if (optind < argc) {
    (void)fprintf(stderr, "portero serve: unexpected argument '%s'; see portero serve --help\n",
                  argv[optind]);
    return EXIT_USAGE;
  }
  if (!file_read(o, file))
    return EXIT_USAGE;
  optind = 1;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == OPTION_BOOK && !book_add(o, optarg))
      return EXIT_USAGE;
    if (option < OPTION_KEY)
      continue;
    if (option == OPTION_KEY && !addresses_seen)
      o->config.addresses.count = 0;
    addresses_seen = addresses_seen || option == OPTION_KEY;
    if (!option_set(o, option, optarg))
      return EXIT_USAGE;
  }
  return -1;
}

static bool socket_settle(struct serve_options *o)
{
  const char *given = o->config.socket ? o->config.socket : getenv("PORTERO_SOCKET");
  const char *runtime = getenv("XDG_RUNTIME_DIR");
  int n;

  if (given)
    n = snprintf(o->socket, sizeof o->socket, "%s", given);
  else if (geteuid() == 0)
    n = snprintf(o->socket, sizeof o->socket, "%s", ROOT_SOCKET);
  else if (runtime && *runtime)
    n = snprintf(o->socket, sizeof o->socket, "%s/portero/epmapper.sock", runtime);
  else
    n = snprintf(o->socket, sizeof o->socket, "/tmp/portero-%u/epmapper.sock", (unsigned)geteuid());
  if (n > 0 && (size_t)n < PORTERO_ENDPOINT_SIZE)
    return true;
  (void)fprintf(stderr, "portero serve: the path of the local socket is too long (--socket)\n");
  return false;
}

/* Names are not resolved: what the mapper listens on must not depend on who answers for them. */
static bool addresses_settle(const struct serve_options *o)
{
  struct in6_addr address;
  char host[INET6_ADDRSTRLEN];

  for (uint32_t i = 0; i < o->config.addresses.count; i++) {
    const char *text = o->config.addresses.values[i];
    size_t length = strcspn(text, "%"); /* fe80::1%eth0 */
    (void)snprintf(host, sizeof host, "%.*s", (int)length, text);
    if (length < sizeof host &&
        ((text[length] == '\0' && inet_pton(AF_INET, host, &address) == 1) ||
         inet_pton(AF_INET6, host, &address) == 1))
      continue;
    return key_complain(o, "mapper.addresses", "'%s' is no IPv4 or IPv6 address", text);
  }
  return true;
}

/* Root becomes the configured account; without one of the default name, nobody. */
static bool account_settle(struct serve_options *o, bool check)
{
  o->drop = geteuid() == 0;
  if (!o->drop || account_find(o->config.user, &o->account))
    return true;
  if (strcmp(o->config.user, "portero") == 0 && account_find("nobody", &o->account)) {
    (void)fprintf(stderr, "portero: there is no account 'portero'; %s 'nobody'\n",
                  check ? "it would become" : "becoming");
    return true;
  }
  return key_complain(o, "mapper.user", "there is no account '%s'", o->config.user);
}

static bool registrars_settle(struct serve_options *o)
{
  const struct config *c = &o->config;
  struct account account;

  for (uint32_t i = 0; i < c->register_users.count; i++) {
    if (!account_find(c->register_users.values[i], &account))
      return key_complain(o, "mapper.register-users", "there is no account '%s'",
                          c->register_users.values[i]);
    o->uids[i] = account.uid;
  }
  for (uint32_t i = 0; i < c->register_groups.count; i++) {
    if (group_find(c->register_groups.values[i], &o->gids[i]))
      continue;
    return key_complain(o, "mapper.register-groups", "there is no group '%s'",
                        c->register_groups.values[i]);
  }
  return true;
}

static bool entry_settle(const char *file, const struct config_endpoint *e,
                         struct mapper_entry *out_entry)
{
  const char *what = NULL;

  if (!interface_parse(e->interface, &out_entry->interface))
    what = "interface: expected UUID:MAJOR.MINOR or a known name";
  else if (!portero_is_ok(portero_binding_parse(e->binding, &out_entry->binding, NULL)) ||
           !out_entry->binding.endpoint[0])
    what = "binding: expected a string binding with an endpoint, as in ncacn_ip_tcp:[5000]";
  else if (e->annotation && strlen(e->annotation) > 63)
    what = "annotation: at most 63 bytes";
  else if (e->object && !portero_uuid_parse(e->object, &out_entry->binding.object))
    what = "object: expected a UUID";
  else if (!mapper_entry_is_usable(out_entry))
    what = "binding: expected a port from 1 to 65535, and as host an address or nothing";
  if (what) {
    (void)fprintf(stderr, "portero serve: %s:%u: endpoints.%s\n", file, e->line, what);
    return false;
  }
  out_entry->binding.has_object = out_entry->binding.has_object || e->object;
  out_entry->annotation = e->annotation ? e->annotation : "";
  return true;
}

static bool entries_settle(struct serve_options *o)
{
  const struct config *c = &o->config;

  if (c->n_endpoints > c->max_entries_per_owner || c->n_endpoints > c->max_entries) {
    (void)fprintf(
        stderr,
        "portero serve: endpoints: %u of them, but mapper.max-entries-per-owner is %u and\n"
        "mapper.max-entries is %u\n",
        c->n_endpoints, c->max_entries_per_owner, c->max_entries);
    return false;
  }
  o->entries = calloc(c->n_endpoints + 1, sizeof *o->entries);
  if (!o->entries)
    return false;
  for (uint32_t i = 0; i < c->n_endpoints; i++)
    if (!entry_settle(o->file, &c->endpoints[i], &o->entries[i]))
      return false;
  return true;
}

static void limits_settle(struct serve_options *o)
{
  const struct config *c = &o->config;

  o->limits = portero_assoc_limits_default;
  o->limits.max_frag = (uint16_t)c->max_frag;
  o->limits.max_stub = c->max_request;
  o->limits.max_output = c->max_output;
  o->limits.max_contexts = (uint16_t)c->max_contexts;
  o->limits.max_calls = (uint16_t)c->max_calls;
  o->limits.first_pdu_timeout = c->first_pdu_timeout;
  o->limits.bind_timeout = c->bind_timeout;
  o->limits.partial_timeout = c->partial_timeout;
  o->limits.idle_timeout = c->idle_timeout;
}

/* Read again later, whatever the folder is then. */
static bool policy_settle(struct serve_options *o)
{
  const char *path = o->config.policy_file;
  char folder[sizeof o->policy_file] = "";
  int n = 0;

  if (path && path[0] != '/' && !getcwd(folder, sizeof folder)) {
    (void)fprintf(stderr, "portero serve: policy.file: %s: %s\n", path, strerror(errno));
    return false;
  }
  if (path)
    n = snprintf(o->policy_file, sizeof o->policy_file, "%s%s%s", folder, *folder ? "/" : "", path);
  if (n >= 0 && (size_t)n < sizeof o->policy_file)
    return true;
  (void)fprintf(stderr, "portero serve: policy.file: the path is too long\n");
  return false;
}

static bool metrics_settle(const struct serve_options *o)
{
  const struct config *c = &o->config;
  bool meets = c->addresses.count == 0;

  if (!c->metrics_address)
    return true;
  if (c->metrics_port == 0)
    return key_complain(o, "metrics.address", "needs metrics.port");
  for (uint32_t i = 0; i < c->addresses.count; i++)
    meets = meets || strcmp(c->addresses.values[i], c->metrics_address) == 0;
  if (c->metrics_port == c->port && meets)
    return key_complain(o, "metrics.port", "the mapper itself listens on port %u of %s", c->port,
                        c->metrics_address);
  return true;
}

int serve_options_read(struct serve_options *o, int argc, char **argv)
{
  bool check;
  int code;

  memset(o, 0, sizeof *o);
  config_init(&o->config);
  code = arguments_read(o, argc, argv, &check);
  if (code >= 0)
    return code;
  limits_settle(o);
  if (!socket_settle(o) || !addresses_settle(o) || !account_settle(o, check) ||
      !registrars_settle(o) || !entries_settle(o) || !policy_settle(o) || !metrics_settle(o))
    return EXIT_USAGE;
  if (check && !serve_check(o))
    return EXIT_USAGE;
  if (check)
    (void)printf("the configuration is fine\n");
  return check ? 0 : -1;
}

void serve_options_deinit(struct serve_options *o)
{
  free(o->entries);
  config_deinit(&o->config);
}

void serve_options_mapper(struct serve_options *o, struct mapper_options *out_options)
{
  const struct config *c = &o->config;

  memset(out_options, 0, sizeof *out_options);
  out_options->server.threads = c->threads;
  out_options->server.port_low = c->port_range.low;
  out_options->server.port_high = c->port_range.high;
  out_options->server.source_limits = &c->source_limits;
  out_options->server.total_limits = &c->total_limits;
  out_options->server.drain_timeout = c->drain_timeout;
  out_options->server.limits = &o->limits;
  out_options->max_entries = c->max_entries;
  out_options->max_per_owner = c->max_entries_per_owner;
  out_options->own_is_shared = o->drop && o->account.uid == NOBODY;
  out_options->uids = o->uids;
  out_options->n_uids = c->register_users.count;
  out_options->gids = o->gids;
  out_options->n_gids = c->register_groups.count;
  if (*o->policy_file) {
    out_options->policy_file = o->policy_file;
    out_options->policy_read = serve_policy_read;
    out_options->policy_user = o->policy_file;
  }
  out_options->allow_remote_insert = c->allow_remote_insert;
  out_options->entries = o->entries;
  out_options->n_entries = c->n_endpoints;
}
