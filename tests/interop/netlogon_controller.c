/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The domain controller of the system tests for other people's members: an endpoint mapper on port
 * 135 and the logon service, which may go by a policy and keep a book. Ends on SIGTERM; prints the
 * session key then, for those who look whether it was told.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#include "peer_book.h"
#include "tests/system/mini_controller.h"

static const char usage[] =
    "usage: netlogon_controller [--policy FILE] [--book FORM:PATH]... ADDRESS\n";

struct options {
  const char *policy, *sinks[PEER_BOOK_SINKS];
  size_t n_sinks;
};

static bool options_read(struct options *o, int argc, char **argv)
{
  static const struct option names[] = {
      {"policy", required_argument, NULL, 'p'}, {"book", required_argument, NULL, 'B'}, {0}};
  int option;

  while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
    if (option == 'p')
      o->policy = optarg;
    else if (option == 'B' && o->n_sinks < PEER_BOOK_SINKS)
      o->sinks[o->n_sinks++] = optarg;
    else
      return false;
  return optind + 1 == argc;
}

static void report(const struct mini_controller *m)
{
  (void)printf("agreements %u logons %u level %u\nsession key ", m->n_agreements, m->n_logons,
               m->logon_level);
  for (size_t i = 0; i < sizeof m->key; i++)
    (void)printf("%02x", m->key[i]);
  (void)printf("\n");
}

int main(int argc, char **argv)
{
  struct portero_server_options server = {0};
  struct mini_controller controller;
  struct options options = {0};
  sigset_t signals;
  int number;

  if (!options_read(&options, argc, argv)) {
    (void)fputs(usage, stderr);
    return 2;
  }
  (void)sigemptyset(&signals);
  (void)sigaddset(&signals, SIGTERM);
  (void)pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before there are threads */
  if (options.n_sinks > 0 &&
      !portero_is_ok(peer_book_open(options.sinks, options.n_sinks, &server.book)))
    return 1;
  controller_start_with(&controller, argv[optind], 135, &server);
  if (options.policy && !portero_is_ok(peer_policy_set(controller.server, options.policy)))
    return 1;
  (void)sigwait(&signals, &number);
  report(&controller);
  controller_stop(&controller);
  peer_book_close(server.book);
  return 0;
}
