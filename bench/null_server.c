/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server of ours whose one operation does nothing: what a call costs.
 *
 * usage: null_server [--threads N] [--register] BINDING; prints its string binding. --register
 * announces it to the endpoint mapper of $PORTERO_SOCKET.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#include "bench/null.h"
#include "bench/sockets.h"

static struct portero_server *server;

static void on_signal(int number)
{
  (void)number;
  portero_server_stop(server);
}

static portero_status serve(const struct portero_server_options *options, const char *binding,
                            bool announced)
{
  portero_status status = portero_server_new(options, &server);

  if (portero_is_ok(status))
    status = portero_server_add(server, &bench_null_interface, NULL);
  if (portero_is_ok(status))
    status = portero_server_listen(server, binding);
  if (portero_is_ok(status) && announced)
    status = portero_server_register(server, "null");
  if (!portero_is_ok(status))
    return status;
  printf("%s\n", portero_server_binding(server, 0));
  (void)fflush(stdout);
  (void)signal(SIGTERM, on_signal);
  (void)signal(SIGINT, on_signal);
  return portero_server_run(server);
}

int main(int argc, char **argv)
{
  static const struct option options[] = {
      {"threads", required_argument, NULL, 't'}, {"register", no_argument, NULL, 'r'}, {0}};
  struct portero_server_options settings = {.threads = 1,
                                            .source_limits = &portero_server_limits_none,
                                            .total_limits = &portero_server_limits_none};
  portero_status status;
  bool announced = false;
  char text[128];
  int option;

  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 't')
      settings.threads = (unsigned)bench_number("--threads", optarg, 1, 64);
    else if (option == 'r')
      announced = true;
    else
      return 2;
  }
  if (optind + 1 != argc) {
    (void)fprintf(stderr, "usage: null_server [--threads N] [--register] BINDING\n");
    return 2;
  }
  bench_take_descriptors();
  status = serve(&settings, argv[optind], announced);
  if (!portero_is_ok(status))
    (void)fprintf(stderr, "null_server: %s\n", portero_status_text(status, text, sizeof text));
  portero_server_free(server);
  return portero_is_ok(status) ? 0 : 1;
}
