/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server for other people's clients: Samba's echo interface and our own test interface, both from
 * generated stubs, to callers who may have to say who they are. It can be the endpoint mapper too,
 * stand in for a domain controller, go by a policy and keep a visitors' book.
 * Prints its bindings; ends on SIGTERM or when a client says so.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <portero/auth.h>

#include "peer_book.h"
#include "peer_controller.h"
#include "peer_services.h"
#include "src/mapper/mapper.h"

#define MECHANISMS 4u
#define BLANKS     32u

static const char usage[] =
    "usage: peer_server [OPTION]... BINDING...\n"
    "  --register           with the endpoint mapper\n"
    "  --mapper             be the endpoint mapper, on all the bindings\n"
    "  --min-level N        of callers of the test interfaces (default: 1)\n"
    "  --max-security N     security contexts of one connection\n"
    "  --max-failed N       failed logins of one source within a minute (default: any)\n"
    "  --ntlm FILE          NTLM with these accounts\n"
    "  --anonymous          NTLM without a name too\n"
    "  --domain NAME, --computer NAME    NetBIOS names told to callers\n"
    "  --krb5 KEYTAB        Kerberos\n"
    "  --spnego             SPNEGO, choosing among those\n"
    "  --netlogon COMPUTER=KEY    the secure channel of a member that agreed on this key\n"
    "  --say-callers        print who calls\n"
    "  --controller         stand in for a domain controller\n"
    "  --blank UUID[:VERSION]    an interface that takes anything and answers nothing; any number\n"
    "  --policy FILE        who may call\n"
    "  --book FORM:PATH     a file of the visitors' book, syslog or journal: a socket; any "
    "number\n";

static struct portero_server *server;
static struct mapper *mapper;
static struct portero_book *book;

struct member { /* of the domain: what it agreed on with its controller */
  char computer[64];
  uint8_t key[16];
};

struct options {
  bool registers, is_mapper, spnego, controller;
  struct peer_services_options services;
  struct portero_assoc_limits limits;
  uint32_t max_failed;
  struct portero_ntlm_options ntlm;
  struct portero_kerberos_options kerberos;
  struct member member;
  struct portero_acceptor *acceptors[MECHANISMS]; /* Kerberos and NTLM first: SPNEGO's */
  size_t n_acceptors;
  const char *blanks[BLANKS], *sinks[PEER_BOOK_SINKS], *policy;
  size_t n_blanks, n_sinks;
};

static bool word_add(const char **words, size_t *n, size_t most)
{
  if (*n == most)
    return false;
  words[(*n)++] = optarg;
  return true;
}

static bool member_read(struct member *m, const char *text)
{
  const char *key = strchr(text, '=');

  if (!key || (size_t)(key - text) >= sizeof m->computer || strlen(++key) != 2 * sizeof m->key)
    return false;
  memcpy(m->computer, text, (size_t)(key - text - 1));
  for (size_t i = 0; i < sizeof m->key; i++)
    m->key[i] = (uint8_t)strtoul((char[]){key[2 * i], key[2 * i + 1], 0}, NULL, 16);
  return true;
}

static portero_status member_find(void *user, const char *computer, const char *domain,
                                  uint8_t out_key[16])
{
  const struct member *m = user;

  (void)domain;
  if (strcmp(computer, m->computer) != 0)
    return portero_local(PORTERO_LOCAL_NOT_FOUND);
  memcpy(out_key, m->key, sizeof m->key);
  return portero_ok();
}

static bool options_set(struct options *o, int option)
{
  switch (option) {
  case 'r':
    o->registers = true;
    return true;
  case 'm':
    o->is_mapper = true;
    return true;
  case 'l':
    o->services.min_level = (uint8_t)atoi(optarg);
    return true;
  case 'x':
    o->limits.max_security = (uint16_t)atoi(optarg);
    return true;
  case 'f':
    o->max_failed = (uint32_t)atoi(optarg);
    return true;
  case 'n':
    o->ntlm.accounts = optarg;
    return true;
  case 'a':
    o->ntlm.anonymous = true;
    return true;
  case 'd':
    o->ntlm.domain = optarg;
    return true;
  case 'c':
    o->ntlm.computer = optarg;
    return true;
  case 'k':
    o->kerberos.keytab = optarg;
    return true;
  case 's':
    o->spnego = true;
    return true;
  case 'N':
    return member_read(&o->member, optarg);
  case 'w':
    o->services.say_callers = true;
    return true;
  case 'C':
    o->controller = o->services.echo_alone = true;
    return true;
  case 'b':
    return word_add(o->blanks, &o->n_blanks, BLANKS);
  case 'p':
    o->policy = optarg;
    return true;
  case 'B':
    return word_add(o->sinks, &o->n_sinks, PEER_BOOK_SINKS);
  }
  return false;
}

static bool options_read(struct options *o, int argc, char **argv)
{
  static const struct option names[] = {
      {"register", no_argument, NULL, 'r'},         {"mapper", no_argument, NULL, 'm'},
      {"min-level", required_argument, NULL, 'l'},  {"max-security", required_argument, NULL, 'x'},
      {"max-failed", required_argument, NULL, 'f'}, {"ntlm", required_argument, NULL, 'n'},
      {"anonymous", no_argument, NULL, 'a'},        {"domain", required_argument, NULL, 'd'},
      {"computer", required_argument, NULL, 'c'},   {"krb5", required_argument, NULL, 'k'},
      {"spnego", no_argument, NULL, 's'},           {"netlogon", required_argument, NULL, 'N'},
      {"say-callers", no_argument, NULL, 'w'},      {"controller", no_argument, NULL, 'C'},
      {"blank", required_argument, NULL, 'b'},      {"policy", required_argument, NULL, 'p'},
      {"book", required_argument, NULL, 'B'},       {0},
  };
  int option;

  o->services.min_level = PORTERO_LEVEL_NONE;
  o->limits = portero_assoc_limits_default;
  o->max_failed = UINT32_MAX; /* other people's suites fail on purpose */
  while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
    if (!options_set(o, option))
      return false;
  return optind < argc;
}

/* ---- mechanisms ---- */

static portero_status acceptors_make(struct options *o)
{
  struct portero_acceptor **next = o->acceptors;
  portero_status status = portero_ok();

  if (o->kerberos.keytab)
    status = portero_acceptor_kerberos_new(&o->kerberos, next++);
  if (portero_is_ok(status) && (o->ntlm.accounts || o->ntlm.anonymous))
    status = portero_acceptor_ntlm_new(&o->ntlm, next++);
  if (portero_is_ok(status) && o->spnego)
    status = portero_acceptor_spnego_new(o->acceptors, (size_t)(next - o->acceptors), next);
  if (portero_is_ok(status) && o->spnego)
    next++;
  if (portero_is_ok(status) && *o->member.computer)
    status = portero_acceptor_netlogon_new(member_find, &o->member, next++);
  o->n_acceptors = (size_t)(next - o->acceptors);
  return status;
}

static portero_status mechanisms_offer(const struct options *o)
{
  portero_status status = portero_ok();

  for (size_t i = 0; i < o->n_acceptors && portero_is_ok(status); i++)
    status = portero_server_accept(server, o->acceptors[i]);
  return status;
}

/* The last first: SPNEGO needs the others. */
static void acceptors_free(struct options *o)
{
  while (o->n_acceptors > 0)
    portero_acceptor_free(o->acceptors[--o->n_acceptors]);
}

/* ---- the program ---- */

static void on_signal(int number)
{
  (void)number;
  portero_server_stop(server);
}

static portero_status server_make(const struct options *o)
{
  /* Other people's suites come and go as fast as they can. */
  struct portero_server_limits source = portero_server_limits_none;
  struct portero_server_options options = {.limits = &o->limits,
                                           .source_limits = &source,
                                           .total_limits = &portero_server_limits_none,
                                           .book = book,
                                           .notice = portero_notice_print};
  struct mapper_options mapper_options = {
      .server = options, .acceptors = o->acceptors, .n_acceptors = o->n_acceptors, .seed = 1};
  portero_status status;

  source.failed_logins = o->max_failed;
  if (!o->is_mapper) {
    status = portero_server_new(&options, &server);
    return portero_is_ok(status) ? mechanisms_offer(o) : status;
  }
  status = mapper_new(&mapper_options, &mapper);
  if (portero_is_ok(status))
    server = mapper_server(mapper);
  return status;
}

static void server_end(void)
{
  if (mapper)
    mapper_free(mapper);
  else
    portero_server_free(server);
}

static portero_status services_offer(const struct options *o)
{
  const uint8_t level = o->services.min_level;
  portero_status status = peer_services_offer(server, &o->services);

  if (portero_is_ok(status) && o->controller)
    status = peer_accounts_offer(server, level);
  if (portero_is_ok(status) && o->controller)
    status = peer_targets_offer(server, level);
  for (size_t i = 0; i < o->n_blanks && portero_is_ok(status); i++)
    status = peer_blank_offer(server, o->blanks[i], level);
  return status;
}

static portero_status start(struct options *o, char **bindings)
{
  portero_status status = acceptors_make(o);

  if (portero_is_ok(status) && o->n_sinks > 0)
    status = peer_book_open(o->sinks, o->n_sinks, &book);
  if (portero_is_ok(status))
    status = server_make(o);
  if (portero_is_ok(status))
    status = services_offer(o);
  if (portero_is_ok(status) && o->policy)
    status = peer_policy_set(server, o->policy);
  for (; *bindings && portero_is_ok(status); bindings++)
    status = portero_server_listen(server, *bindings);
  if (portero_is_ok(status) && o->registers)
    status = portero_server_register(server, "peer server");
  return status;
}

int main(int argc, char **argv)
{
  struct options options = {0};
  portero_status status;
  char text[128];

  if (!options_read(&options, argc, argv)) {
    (void)fputs(usage, stderr);
    return 2;
  }
  status = start(&options, argv + optind);
  if (portero_is_ok(status)) {
    for (size_t i = 0; portero_server_binding(server, i); i++)
      printf("%s\n", portero_server_binding(server, i));
    (void)fflush(stdout);
    (void)signal(SIGINT, on_signal);
    (void)signal(SIGTERM, on_signal);
    status = portero_server_run(server);
  }
  if (!portero_is_ok(status))
    (void)fprintf(stderr, "peer_server: %s\n", portero_status_text(status, text, sizeof text));
  server_end();
  acceptors_free(&options);
  peer_book_close(book);
  return portero_is_ok(status) ? 0 : 1;
}
