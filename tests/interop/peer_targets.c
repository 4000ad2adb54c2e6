/* SPDX-License-Identifier: Apache-2.0 */
/* What attacks on domain controllers call: replication, the secure channel, encrypted files, printing. */
#include "peer_controller.h"

#include <stdio.h>
#include <string.h>

#include "drsuapi_rpc.h"
#include "efsr_rpc.h"
#include "netlogon_rpc.h"
#include "rprn_rpc.h"
#include "scmr_rpc.h"
#include "src/cli/interface_name.h"

#define NT_ACCESS_DENIED     0xc0000022u
#define ACCESS_DENIED        5u
#define BAD_NETPATH          53
#define INVALID_PRINTER_NAME 1801u
#define SERVER_UNAVAILABLE   1722u

/* ---- handles ---- */

static char nothing; /* behind every handle */

static void forget(void *state)
{
  (void)state;
}

portero_status peer_handle_open(struct portero_call *call, const void *kind,
                                struct portero_handle *out_handle)
{
  return portero_handle_new(call, kind, &nothing, forget, out_handle);
}

portero_status peer_handle_check(struct portero_call *call, const void *kind,
                                 const struct portero_handle *handle)
{
  void *state;

  return portero_handle_find(call, kind, handle, &state);
}

portero_status peer_handle_close(struct portero_call *call, const void *kind,
                                 struct portero_handle *handle)
{
  portero_status status = portero_handle_close(call, kind, handle);

  memset(handle, 0, sizeof *handle);
  return status;
}

/* What reached us, for those who read along: a call that was stopped at the door is not here. */
static void say(const char *what)
{
  printf("reached %s\n", what);
  (void)fflush(stdout);
}

/* ---- replication ---- */

/* [MS-DRSR] 5.39 DRS_EXTENSIONS_INT: requests of version 8, answers of version 6, no site */
static const uint8_t extension_bytes[28] = {0x00, 0x00, 0x00, 0x05};
static const struct drsuapi_extensions extensions = {sizeof extension_bytes, extension_bytes};

static portero_status drs_bind(struct portero_call *call, struct drsuapi_IDL_DRSBind *p)
{
  p->server = &extensions;
  return peer_handle_open(call, drsuapi_drs_handle_kind, &p->drs);
}

static portero_status drs_unbind(struct portero_call *call, struct drsuapi_IDL_DRSUnbind *p)
{
  return peer_handle_close(call, drsuapi_drs_handle_kind, &p->drs);
}

/* Nothing has changed in the naming context that was asked about. */
static portero_status drs_changes(struct portero_call *call, struct drsuapi_IDL_DRSGetNCChanges *p)
{
  portero_status status = peer_handle_check(call, drsuapi_drs_handle_kind, &p->drs);

  if (!portero_is_ok(status))
    return status;
  p->out_version = 6;
  if (p->in_version == 8)
    p->reply.v6.nc = p->request.v8.nc;
  else
    p->result = SERVER_UNAVAILABLE;
  say("DRSGetNCChanges");
  return status;
}

static const struct drsuapi_handlers drs_handlers = {
    .IDL_DRSBind = drs_bind,
    .IDL_DRSUnbind = drs_unbind,
    .IDL_DRSGetNCChanges = drs_changes,
};

/* ---- the secure channel: no credential fits ---- */

static portero_status logon_challenge(struct portero_call *call,
                                      struct netlogon_NetrServerReqChallenge *p)
{
  (void)call;
  say("NetrServerReqChallenge");
  for (size_t i = 0; i < sizeof p->server_challenge.data; i++)
    p->server_challenge.data[i] = (uint8_t)(0xa1 + 29 * i);
  return portero_ok();
}

static portero_status logon_authenticate2(struct portero_call *call,
                                          struct netlogon_NetrServerAuthenticate2 *p)
{
  (void)call;
  say("NetrServerAuthenticate2");
  p->result = NT_ACCESS_DENIED;
  return portero_ok();
}

static portero_status logon_authenticate3(struct portero_call *call,
                                          struct netlogon_NetrServerAuthenticate3 *p)
{
  (void)call;
  say("NetrServerAuthenticate3");
  p->result = NT_ACCESS_DENIED;
  return portero_ok();
}

static const struct netlogon_handlers logon_handlers = {
    .NetrServerReqChallenge = logon_challenge,
    .NetrServerAuthenticate2 = logon_authenticate2,
    .NetrServerAuthenticate3 = logon_authenticate3,
};

/* ---- encrypted files: "the path was not found", says a server that went there ---- */

static portero_status efs_open(struct portero_call *call, struct efsrpc_EfsRpcOpenFileRaw *p)
{
  (void)call;
  say("EfsRpcOpenFileRaw");
  p->result = BAD_NETPATH;
  return portero_ok();
}

static portero_status efs_open_lsa(struct portero_call *call,
                                   struct efsrpc_lsa_EfsRpcOpenFileRaw *p)
{
  (void)call;
  say("EfsRpcOpenFileRaw");
  p->result = BAD_NETPATH;
  return portero_ok();
}

static const struct efsrpc_handlers efs_handlers = {.EfsRpcOpenFileRaw = efs_open};
static const struct efsrpc_lsa_handlers efs_lsa_handlers = {.EfsRpcOpenFileRaw = efs_open_lsa};

/* ---- printing: the way back to the caller does not work ---- */

static portero_status printer_open(struct portero_call *call, struct winspool_RpcOpenPrinter *p)
{
  if (p->printer_name && strncmp(p->printer_name, "\\\\", 2) == 0)
    return peer_handle_open(call, winspool_printer_handle_kind, &p->printer);
  p->result = INVALID_PRINTER_NAME;
  return portero_ok();
}

static portero_status printer_close(struct portero_call *call, struct winspool_RpcClosePrinter *p)
{
  return peer_handle_close(call, winspool_printer_handle_kind, &p->printer);
}

static portero_status
printer_notify(struct portero_call *call,
               struct winspool_RpcRemoteFindFirstPrinterChangeNotificationEx *p)
{
  say("RpcRemoteFindFirstPrinterChangeNotificationEx");
  p->result = SERVER_UNAVAILABLE;
  return peer_handle_check(call, winspool_printer_handle_kind, &p->printer);
}

static const struct winspool_handlers printer_handlers = {
    .RpcOpenPrinter = printer_open,
    .RpcClosePrinter = printer_close,
    .RpcRemoteFindFirstPrinterChangeNotificationEx = printer_notify,
};

/* ---- services: only administrators make new ones ---- */

static portero_status manager_open(struct portero_call *call, struct svcctl_ROpenSCManagerW *p)
{
  return peer_handle_open(call, svcctl_service_handle_kind, &p->manager);
}

static portero_status manager_close(struct portero_call *call, struct svcctl_RCloseServiceHandle *p)
{
  return peer_handle_close(call, svcctl_service_handle_kind, &p->object);
}

static portero_status manager_create(struct portero_call *call, struct svcctl_RCreateServiceW *p)
{
  say("RCreateServiceW");
  p->result = ACCESS_DENIED;
  return peer_handle_check(call, svcctl_service_handle_kind, &p->manager);
}

static const struct svcctl_handlers manager_handlers = {
    .ROpenSCManagerW = manager_open,
    .RCloseServiceHandle = manager_close,
    .RCreateServiceW = manager_create,
};

portero_status peer_targets_offer(struct portero_server *server, uint8_t min_level)
{
  portero_status status = drsuapi_serve(server, &drs_handlers, NULL, min_level);

  if (portero_is_ok(status))
    status = netlogon_serve(server, &logon_handlers, NULL, min_level);
  if (portero_is_ok(status))
    status = efsrpc_serve(server, &efs_handlers, NULL, min_level);
  if (portero_is_ok(status))
    status = efsrpc_lsa_serve(server, &efs_lsa_handlers, NULL, min_level);
  if (portero_is_ok(status))
    status = winspool_serve(server, &printer_handlers, NULL, min_level);
  return portero_is_ok(status) ? svcctl_serve(server, &manager_handlers, NULL, min_level) : status;
}

/* ---- interfaces of which only the number counts ---- */

#define BLANKS     32u
#define OPERATIONS 100u

static portero_status blank_run(struct portero_call *call)
{
  (void)call;
  return portero_ok();
}

portero_status peer_blank_offer(struct portero_server *server, const char *id, uint8_t min_level)
{
  static struct portero_operation operations[OPERATIONS];
  static struct portero_interface blanks[BLANKS];
  static size_t n_blanks;
  struct portero_interface *blank = &blanks[n_blanks];

  if (n_blanks == BLANKS || !interface_parse(id, &blank->id))
    return portero_local(PORTERO_LOCAL_USAGE);
  for (size_t i = 0; i < OPERATIONS; i++)
    operations[i] = (struct portero_operation){.name = "Blank", .run = blank_run};
  blank->name = "blank";
  blank->operations = operations;
  blank->n_operations = OPERATIONS;
  blank->min_level = min_level;
  n_blanks++;
  return portero_server_add(server, blank, NULL);
}
