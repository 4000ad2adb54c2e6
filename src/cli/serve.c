/* SPDX-License-Identifier: Apache-2.0 */
/* portero serve: the endpoint mapper as a program. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "src/cli/commands.h"
#include "src/cli/port_owner.h"
#include "src/cli/privileges.h"
#include "src/cli/serve_auth.h"
#include "src/cli/serve_book.h"
#include "src/cli/serve_options.h"
#include "src/cli/serve_reload.h"
#include "src/cli/systemd.h"
#include "src/mapper/mapper.h"

#define BINDING_SIZE 512u

/* Signal handlers reach the server through this alone. */
static struct portero_server *volatile stop_target;

static void on_signal(int number)
{
  (void)number;
  if (stop_target)
    portero_server_stop(stop_target);
}

static void catch_signals(struct portero_server *server)
{
  struct sigaction action;

  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  stop_target = server;
  (void)sigaction(SIGTERM, &action, NULL);
  (void)sigaction(SIGINT, &action, NULL);
  action.sa_handler = SIG_IGN;
  (void)sigaction(SIGPIPE, &action, NULL);
  (void)sigaction(SIGHUP, &action, NULL); /* until the server's loop takes it */
}

static void say(void *user, const char *text)
{
  (void)user;
  (void)fprintf(stderr, "portero: %s\n", text);
}

/* What helps; the server has said why. */
static void explain_listen(const struct serve_options *o, const char *address,
                           portero_status status)
{
  char owner[128];

  if (status.klass != PORTERO_CLASS_SYSTEM)
    return;
  if (status.code == EADDRINUSE &&
      port_owner(address, (uint16_t)o->config.port, owner, sizeof owner))
    (void)fprintf(stderr,
                  "  port %u is taken by %s. Stop it, give portero an address of its own\n"
                  "  (--address), or another port (--port). With Samba: see portero-serve(1).\n",
                  o->config.port, owner);
  else if (status.code == EADDRINUSE)
    (void)fprintf(stderr, "  another process has it; run as root to be told which.\n");
  if (status.code == EACCES)
    (void)fprintf(
        stderr, "  ports below 1024 need root or CAP_NET_BIND_SERVICE. As an ordinary user take a\n"
                "  high port: portero serve --port 10135\n");
}

static int listen_on(const struct serve_options *o, struct portero_server *server,
                     const char *address, const char *binding)
{
  portero_status status = portero_server_listen(server, binding);

  if (portero_is_ok(status))
    return 0;
  explain_listen(o, address, status);
  return EXIT_LOCAL_FAILURE;
}

static int listen_tcp(const struct serve_options *o, struct portero_server *server)
{
  char binding[BINDING_SIZE];
  int code = 0;

  if (o->config.addresses.count == 0) {
    (void)snprintf(binding, sizeof binding, "ncacn_ip_tcp:[%u]", o->config.port);
    return listen_on(o, server, NULL, binding);
  }
  for (uint32_t i = 0; i < o->config.addresses.count && code == 0; i++) {
    (void)snprintf(binding, sizeof binding, "ncacn_ip_tcp:%s[%u]", o->config.addresses.values[i],
                   o->config.port);
    code = listen_on(o, server, o->config.addresses.values[i], binding);
  }
  return code;
}

/* Each client and each registered service is a descriptor: what the administrator allows is used. */
static void take_descriptors(void)
{
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
    return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int listen_local(const struct serve_options *o, struct portero_server *server)
{
  char binding[BINDING_SIZE], message[512];
  portero_status status;

  if (!runtime_folder(o->socket, o->drop ? &o->account : NULL, message, sizeof message)) {
    (void)fprintf(stderr, "portero: %s\n", message);
    return EXIT_LOCAL_FAILURE;
  }
  (void)snprintf(binding, sizeof binding, "ncalrpc:[%s]", o->socket);
  status = portero_server_listen(server, binding);
  if (portero_is_ok(status))
    return 0;
  if (status.klass == PORTERO_CLASS_SYSTEM && status.code == EADDRINUSE)
    (void)fprintf(stderr, "  another endpoint mapper answers there, or it is no socket; --socket "
                          "names another place\n");
  return EXIT_LOCAL_FAILURE;
}

static int listen_systemd(struct portero_server *server, int n)
{
  for (int i = 0; i < n; i++) {
    portero_status status = portero_server_listen_fd(server, SYSTEMD_FIRST_SOCKET + i);
    if (portero_is_ok(status))
      continue;
    (void)fprintf(stderr, "portero: the socket handed over as descriptor %d cannot be used\n",
                  SYSTEMD_FIRST_SOCKET + i);
    return EXIT_LOCAL_FAILURE;
  }
  return 0;
}

static int listen_all(const struct serve_options *o, struct portero_server *server)
{
  int n = systemd_sockets();

  if (n > 0)
    return listen_systemd(server, n);
  int code = listen_tcp(o, server);
  return code ? code : listen_local(o, server);
}

static void announce(struct portero_server *server)
{
  const char *binding;

  for (size_t i = 0; (binding = portero_server_binding(server, i)); i++)
    (void)fprintf(stderr, "portero: listening on %s\n", binding);
}

/*
 * What is opened or read again later is opened here for the first time: by who the mapper is then.
 * The book's threads begin here too, without any privilege.
 */
static int open_door(const struct serve_options *o, struct mapper *mapper,
                     struct portero_book *book)
{
  char text[MAPPER_MESSAGE_SIZE];

  if (book && !serve_book_open(book, &o->config, o->file))
    return EXIT_USAGE;
  if (!portero_is_ok(mapper_open(mapper, text, sizeof text))) {
    (void)fprintf(stderr, "portero serve: %s\n", text);
    if (o->drop && *o->policy_file)
      (void)fprintf(stderr, "  the policy is read as %s, also when it has changed\n",
                    o->account.name);
    return EXIT_USAGE;
  }
  if (*o->policy_file)
    (void)fprintf(stderr, "portero: policy %s\n", text);
  return 0;
}

static int run(const struct serve_options *o, struct mapper *mapper, struct portero_book *book)
{
  struct portero_server *server = mapper_server(mapper);
  portero_status status;
  char text[256];
  int code;

  take_descriptors();
  code = listen_all(o, server);
  if (code)
    return code;
  if (!privileges_drop(o->drop ? &o->account : NULL, text, sizeof text)) {
    (void)fprintf(stderr, "portero: %s\n", text);
    return EXIT_LOCAL_FAILURE;
  }
  catch_signals(server);
  code = open_door(o, mapper, book);
  if (code)
    return code;
  status = serve_reload_on_hangup(mapper);
  if (portero_is_ok(status)) {
    announce(server);
    systemd_notify("READY=1\nSTATUS=Answering");
    status = portero_server_run(server);
    systemd_notify("STOPPING=1");
  }
  if (portero_is_ok(status))
    return 0;
  (void)fprintf(stderr, "portero: %s\n", portero_status_text(status, text, sizeof text));
  return EXIT_LOCAL_FAILURE;
}

/* A seed, and a UUID of version 4. */
static bool randomness(struct mapper_options *o)
{
  if (getrandom(&o->seed, sizeof o->seed, 0) != (ssize_t)sizeof o->seed ||
      getrandom(&o->object, sizeof o->object, 0) != (ssize_t)sizeof o->object)
    return false;
  o->object.time_hi_and_version = (uint16_t)(0x4000u | (o->object.time_hi_and_version & 0x0fffu));
  o->object.node[0] = (uint8_t)(0x80u | (o->object.node[0] & 0x3fu));
  return true;
}

/* The files of section auth are read again when they change, by who the mapper is then: so they are
 * opened as that account. */
static bool auth_open(struct serve_auth *auth, const struct serve_options *o)
{
  struct privileges_lent lent;
  bool ok;

  if (!o->drop)
    return serve_auth_init(auth, &o->config);
  memset(auth, 0, sizeof *auth);
  if (!privileges_lend(&o->account, &lent)) {
    (void)fprintf(stderr, "portero serve: cannot become %s: %s\n", o->account.name,
                  strerror(errno));
    return false;
  }
  ok = serve_auth_init(auth, &o->config);
  if (!privileges_return(&lent)) {
    (void)fprintf(stderr, "portero serve: cannot become root again: %s\n", strerror(errno));
    return false;
  }
  if (!ok)
    (void)fprintf(stderr,
                  "  the mapper reads the files of section auth as %s: they have to belong to that "
                  "account (chown, chmod 600)\n",
                  o->account.name);
  return ok;
}

static int serve(const struct serve_options *o, struct mapper_options *mapper_options)
{
  struct mapper *mapper = NULL;
  portero_status status;
  char text[256];
  int code = EXIT_LOCAL_FAILURE;

  status = randomness(mapper_options) ? mapper_new(mapper_options, &mapper)
                                      : portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)errno);
  if (portero_is_ok(status))
    code = run(o, mapper, mapper_options->server.book);
  else
    (void)fprintf(stderr, "portero: %s\n", portero_status_text(status, text, sizeof text));
  stop_target = NULL;
  mapper_free(mapper);
  return code;
}

int command_serve(int argc, char **argv)
{
  struct serve_options options;
  struct mapper_options mapper_options;
  struct serve_auth auth;
  bool ready;
  int code = serve_options_read(&options, argc, argv);

  if (code >= 0) {
    serve_options_deinit(&options);
    return code;
  }
  serve_options_mapper(&options, &mapper_options);
  mapper_options.server.notice = say;
  ready = auth_open(&auth, &options);
  mapper_options.acceptors = auth.n_acceptors ? auth.acceptors : NULL;
  mapper_options.n_acceptors = auth.n_acceptors;
  code = EXIT_USAGE;
  if (ready && serve_book_wanted(&options.config)) {
    mapper_options.server.book = serve_book_new();
    ready = mapper_options.server.book != NULL;
  }
  if (ready)
    code = serve(&options, &mapper_options);
  serve_book_close(mapper_options.server.book);
  serve_auth_deinit(&auth);
  serve_options_deinit(&options);
  return code;
}
