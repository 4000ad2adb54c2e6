/* SPDX-License-Identifier: Apache-2.0 */
/* portero register: announces a server that does not announce itself. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "src/cli/tool.h"
#include "src/rpc/register.h"

static const char help[] =
    "usage: portero register [OPTION]... INTERFACE BINDING\n"
    "\n"
    "Tells the endpoint mapper of this machine that INTERFACE is offered at BINDING,\n"
    "a string binding with an endpoint, such as 'ncacn_ip_tcp:[5000]'. The\n"
    "registration lives as long as this command runs; it is made again when the\n"
    "mapper restarts.\n"
    "INTERFACE: UUID[:MAJOR[.MINOR]] or a known name.\n"
    "\n"
    "  --annotation TEXT       what people read in lists; at most 63 bytes\n"
    "  --object UUID           for this object\n"
    "  --wait                  keep trying where the mapper is not there yet\n"
    "  --socket PATH           the mapper's local socket (default:\n"
    "                          $PORTERO_SOCKET, then /run/portero/epmapper.sock)\n"
    "  --help                  this text\n"
    "\n" TOOL_EXIT_TEXT;

enum {
  REGISTER_ANNOTATION = 1,
  REGISTER_OBJECT,
  REGISTER_WAIT
};

static const struct option options[] = {
    {"annotation", required_argument, NULL, REGISTER_ANNOTATION},
    {"object", required_argument, NULL, REGISTER_OBJECT},
    {"wait", no_argument, NULL, REGISTER_WAIT},
    TOOL_OPTIONS,
};

struct announcement {
  struct rpc_registration_item item;
  const char *annotation;
  bool wait;
  bool was_registered;
  int exit_code;
  struct rpc_registration *registration;
  uv_signal_t signals[3];
};

static int announcement_set(struct tool *t, struct announcement *a, int option)
{
  switch (option) {
  case REGISTER_ANNOTATION:
    if (strlen(optarg) >= epm_EPT_MAX_ANNOTATION_SIZE)
      return tool_usage(t, "--annotation: at most %u bytes", epm_EPT_MAX_ANNOTATION_SIZE - 1);
    a->annotation = optarg;
    return TOOL_GO_ON;
  case REGISTER_OBJECT:
    if (!portero_uuid_parse(optarg, &a->item.object))
      return tool_usage(t, "--object %s: expected a UUID", optarg);
    return TOOL_GO_ON;
  }
  a->wait = true;
  return TOOL_GO_ON;
}

static int announcement_parse(const struct tool *t, struct announcement *a, const char *interface,
                              const char *binding)
{
  struct portero_syntax iface;
  struct portero_binding b;
  struct in_addr v4;
  struct in6_addr v6;
  uint16_t port;
  char message[256];
  bool versioned;

  if (!interface_find(interface, &iface, &versioned, message, sizeof message))
    return tool_usage(t, "%s", message);
  if (!portero_is_ok(portero_binding_parse(binding, &b, NULL)))
    return tool_usage(t, "\"%s\" is no string binding", binding);
  if (b.protseq == PORTERO_NCACN_IP_TCP && !tool_parse_port(b.endpoint, &port))
    return tool_usage(t, "\"%s\": expected a port in brackets, from 1 to 65535", binding);
  if (b.protseq == PORTERO_NCACN_IP_TCP && b.host[0] && inet_pton(AF_INET, b.host, &v4) != 1 &&
      inet_pton(AF_INET6, b.host, &v6) != 1)
    return tool_usage(t, "\"%s\": a registration has an address of this machine, or none for all",
                      binding);
  if (!rpc_tower_from_binding(&b, &a->item.tower))
    return tool_usage(t, "\"%s\": no endpoint is named", binding);
  if (b.has_object && portero_uuid_is_nil(&a->item.object))
    a->item.object = b.object;
  a->item.tower.interface = iface;
  return TOOL_GO_ON;
}

static void announcement_end(struct announcement *a, int exit_code)
{
  if (a->exit_code == TOOL_GO_ON)
    a->exit_code = exit_code;
  rpc_registration_stop(a->registration);
}

static void on_changed(void *user, bool registered, bool refused, const char *text)
{
  struct announcement *a = user;

  complain("register", "%s%s", text,
           registered && !a->was_registered ? "; stays so while this runs (Ctrl-C ends it)" : "");
  if (!registered && !a->was_registered && !a->wait)
    announcement_end(a, refused ? EXIT_REFUSED : EXIT_UNREACHABLE);
  a->was_registered = a->was_registered || registered;
}

static void on_stopped(void *user)
{
  struct announcement *a = user;

  for (size_t i = 0; i < sizeof a->signals / sizeof a->signals[0]; i++)
    uv_close((uv_handle_t *)&a->signals[i], NULL);
}

static void on_signal(uv_signal_t *signal, int number)
{
  (void)number;
  announcement_end(signal->data, EXIT_OK);
}

static int announce(const struct tool *t, struct announcement *a)
{
  static const struct rpc_registration_ops ops = {on_changed, on_stopped};
  static const int numbers[3] = {SIGINT, SIGTERM, SIGHUP};
  portero_status status;
  uv_loop_t loop;

  if (uv_loop_init(&loop) < 0)
    return EXIT_LOCAL_FAILURE;
  (void)signal(SIGPIPE, SIG_IGN);
  a->exit_code = TOOL_GO_ON;
  status = rpc_registration_start(&loop, t->options.mapper, &a->item, 1, a->annotation, &ops, a,
                                  &a->registration);
  if (!portero_is_ok(status)) {
    (void)uv_loop_close(&loop);
    complain(t->name, "the registration cannot be written");
    return (int)exit_code_of(status);
  }
  for (size_t i = 0; i < 3; i++) {
    (void)uv_signal_init(&loop, &a->signals[i]);
    a->signals[i].data = a;
    (void)uv_signal_start(&a->signals[i], on_signal, numbers[i]);
  }
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  (void)uv_loop_close(&loop);
  return a->exit_code;
}

int command_register(int argc, char **argv)
{
  struct announcement a = {.annotation = ""};
  struct tool t;
  int option, exit_code = TOOL_GO_ON;

  tool_init(&t, "register");
  while (exit_code == TOOL_GO_ON &&
         (option = tool_option(&t, argc, argv, "", options, help, &exit_code)) != -1)
    exit_code = announcement_set(&t, &a, option);
  if (exit_code == TOOL_GO_ON)
    exit_code = tool_arguments(&t, argc, 2, 2, "[OPTION]... INTERFACE BINDING");
  if (exit_code == TOOL_GO_ON)
    exit_code = announcement_parse(&t, &a, argv[optind], argv[optind + 1]);
  if (exit_code == TOOL_GO_ON)
    exit_code = announce(&t, &a);
  tool_deinit(&t);
  return exit_code;
}
