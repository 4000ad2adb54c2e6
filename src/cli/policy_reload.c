/* SPDX-License-Identifier: Apache-2.0 */
/* portero policy reload: asks the running mapper to read its policy again. */
#include "idl/status_rpc.h"
#include "src/cli/policy.h"

static int reload_tell(const struct tool *t, const struct mapper_status_Reload *m)
{
  bool taken = m->result == status_RELOADED;
  FILE *stream = taken || t->json ? stdout : stderr;
  struct out_json j = {.stream = stdout};

  if (t->json) {
    out_begin(&j, NULL, '{');
    out_bool(&j, "loaded", taken);
    out_text(&j, taken ? "message" : "error", m->message);
    out_end(&j, '}');
    return taken ? EXIT_OK : EXIT_NEGATIVE;
  }
  if (!taken)
    (void)fprintf(stream, "portero policy: the old policy stays: ");
  (void)output_text(stream, m->message ? m->message : "");
  (void)fputc('\n', stream);
  return taken ? EXIT_OK : EXIT_NEGATIVE;
}

int policy_reload(struct policy_tool *t)
{
  struct mapper_status_Reload m = {.message = NULL};
  struct portero_binding b = {.protseq = PORTERO_NCALRPC};
  struct portero_client *c = NULL;
  portero_status status;
  int exit_code = tool_local_mapper(&t->tool, &b);

  if (exit_code == TOOL_GO_ON)
    c = tool_open(&t->tool, &b, &mapper_status_stub.id, &exit_code);
  if (!c)
    return exit_code;
  status = mapper_status_Reload(c, &m);
  if (status.klass == PORTERO_CLASS_FAULT && status.code == PORTERO_FAULT_ACCESS_DENIED) {
    complain(t->tool.name, "%s refuses: only root and the mapper's own account may ask for it",
             portero_client_binding(c));
    exit_code = (int)exit_code_of(status);
  } else {
    exit_code =
        portero_is_ok(status) ? reload_tell(&t->tool, &m) : tool_failure(&t->tool, c, status);
  }
  portero_client_close(c);
  return exit_code;
}
