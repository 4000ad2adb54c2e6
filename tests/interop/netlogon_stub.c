/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service with the interface identifier of [MS-NRPC] and nothing behind it: what Samba's raw
 * protocol tests call to send fragmented requests. NetrServerReqChallenge answers a challenge of
 * zeros and STATUS_SUCCESS whatever it was asked. usage: netlogon_stub BINDING
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <portero/server.h>

static struct portero_server *server;

static portero_status server_req_challenge(struct portero_call *call)
{
  static const uint8_t challenge[8];
  struct portero_ndr_writer *out = portero_call_out(call);

  portero_ndr_write_bytes(out, challenge, sizeof challenge);
  portero_ndr_write_u32(out, 0);
  return portero_ok();
}

static const struct portero_operation operations[] = {
    {.name = "NetrLogonUasLogon"},
    {.name = "NetrLogonUasLogoff"},
    {.name = "NetrLogonSamLogon"},
    {.name = "NetrLogonSamLogoff"},
    {.name = "NetrServerReqChallenge", .run = server_req_challenge},
};

static const struct portero_interface netlogon = {
    .id = {{0x12345678, 0x1234, 0xabcd, {0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0xcf, 0xfb}}, 1, 0},
    .name = "netlogon",
    .operations = operations,
    .n_operations = sizeof operations / sizeof operations[0],
    .min_level = PORTERO_LEVEL_NONE,
};

static void on_signal(int number)
{
  (void)number;
  portero_server_stop(server);
}

static void on_notice(void *user, const char *text)
{
  (void)user;
  (void)fprintf(stderr, "netlogon_stub: %s\n", text);
}

static portero_status serve(const char *binding)
{
  portero_status status = portero_server_add(server, &netlogon, NULL);

  if (portero_is_ok(status))
    status = portero_server_listen(server, binding);
  if (portero_is_ok(status))
    status = portero_server_register(server, "netlogon, for tests");
  if (!portero_is_ok(status))
    return status;
  printf("%s\n", portero_server_binding(server, 0));
  (void)fflush(stdout);
  return portero_server_run(server);
}

int main(int argc, char **argv)
{
  struct portero_server_options options = {.notice = on_notice};
  portero_status status;
  char text[128];

  if (argc != 2)
    return 2;
  status = portero_server_new(&options, &server);
  if (portero_is_ok(status)) {
    (void)signal(SIGTERM, on_signal);
    status = serve(argv[1]);
  }
  if (!portero_is_ok(status))
    (void)fprintf(stderr, "netlogon_stub: %s\n", portero_status_text(status, text, sizeof text));
  portero_server_free(server);
  return portero_is_ok(status) ? 0 : 1;
}
