/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zeek's dce_rpc.log as tab-separated text: its ten columns, ours behind them. Readers find columns
 * by the names in the header.
 */
#include "src/events/text.h"

/* X(name, type) */
#define COLUMNS(X)                                                                                 \
  X("ts", "time")                                                                                  \
  X("uid", "string")                                                                               \
  X("id.orig_h", "addr")                                                                           \
  X("id.orig_p", "port")                                                                           \
  X("id.resp_h", "addr")                                                                           \
  X("id.resp_p", "port")                                                                           \
  X("rtt", "interval")                                                                             \
  X("named_pipe", "string")                                                                        \
  X("endpoint", "string")                                                                          \
  X("operation", "string")                                                                         \
  X("call_id", "count")                                                                            \
  X("opnum", "count")                                                                              \
  X("iface_uuid", "string")                                                                        \
  X("auth_type", "string")                                                                         \
  X("auth_level", "string")                                                                        \
  X("user", "string")                                                                              \
  X("frags", "count")                                                                              \
  X("status", "string")                                                                            \
  X("verdict", "string")                                                                           \
  X("rule", "string")

#define COLUMN_NAME(name, type) "\t" name
#define COLUMN_TYPE(name, type) "\t" type

void portero_event_write_zeek_header(struct portero_writer *w, uint64_t time)
{
  text_raw(w, "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
              "#path\tdce_rpc\n#open\t");
  text_time_dashed(w, time);
  text_raw(w, "\n#fields" COLUMNS(COLUMN_NAME) "\n#types" COLUMNS(COLUMN_TYPE) "\n");
}

void portero_event_write_zeek_footer(struct portero_writer *w, uint64_t time)
{
  text_raw(w, "#close\t");
  text_time_dashed(w, time);
  text_char(w, '\n');
}

static void escaped(struct portero_writer *w, uint8_t c)
{
  char text[4] = "\\x";

  text[2] = "0123456789abcdef"[c >> 4];
  text[3] = "0123456789abcdef"[c & 0xf];
  portero_write_bytes(w, text, sizeof text);
}

/* A value that looks like "unset" or "empty" has to be told from these. */
static void foreign(struct portero_writer *w, const char *text)
{
  size_t size;

  if (strcmp(text, "-") == 0 || strcmp(text, "(empty)") == 0) {
    escaped(w, (uint8_t)*text);
    text++;
  }
  for (; *text; text += size) {
    uint32_t c = text_next(text, &size);
    if (c < 0x20 || c == 0x7f || c == '\\' || (size == 1 && c >= 0x80))
      escaped(w, (uint8_t)*text);
    else
      portero_write_bytes(w, text, size);
  }
}

static void column(struct portero_writer *w, const char *text)
{
  text_char(w, '\t');
  if (!text)
    text_char(w, '-');
  else if (!*text)
    text_raw(w, "(empty)");
  else
    foreign(w, text);
}

static void end_columns(struct portero_writer *w, const struct portero_event_end *end)
{
  if (!text_has_address(end)) {
    text_raw(w, "\t-\t-");
    return;
  }
  text_char(w, '\t');
  text_address(w, end->ip);
  text_char(w, '\t');
  text_number(w, end->port);
}

/* What Zeek finds in the bind_ack: on TCP that is the port. */
static void pipe_column(struct portero_writer *w, const struct portero_event *e)
{
  if (e->binding || !text_has_address(&e->destination)) {
    column(w, e->binding);
    return;
  }
  text_char(w, '\t');
  text_number(w, e->destination.port);
}

static void name_columns(struct portero_writer *w, const struct portero_event *e)
{
  const char *interface = text_interface(e), *operation = text_operation(e);

  if (interface) {
    column(w, interface);
  } else if (e->interface) {
    text_raw(w, "\tunknown-");
    text_uuid(w, &e->interface->uuid);
  } else {
    column(w, NULL);
  }
  if (operation) {
    column(w, operation);
    return;
  }
  text_raw(w, "\tunknown-");
  text_number(w, e->opnum);
}

static void user_column(struct portero_writer *w, const struct portero_event *e)
{
  if (!e->account || !*e->account) {
    column(w, NULL);
    return;
  }
  text_char(w, '\t');
  if (e->domain && *e->domain) {
    foreign(w, e->domain);
    text_raw(w, "\\x5c"); /* the backslash between them */
  }
  foreign(w, e->account);
}

static void our_columns(struct portero_writer *w, const struct portero_event *e)
{
  text_char(w, '\t');
  text_number(w, e->call_id);
  text_char(w, '\t');
  text_number(w, e->opnum);
  if (e->interface) {
    text_char(w, '\t');
    text_uuid(w, &e->interface->uuid);
  } else {
    column(w, NULL);
  }
  column(w, text_auth(e->auth_type));
  column(w, text_level(e->auth_level));
  user_column(w, e);
  text_char(w, '\t');
  text_number(w, e->fragments);
  if (e->status) {
    text_char(w, '\t');
    text_hex32(w, e->status);
  } else {
    column(w, NULL);
  }
  column(w, e->verdict);
  column(w, e->rule);
}

void portero_event_write_zeek(struct portero_writer *w, const struct portero_event *e)
{
  char uid[PORTERO_EVENT_UID_SIZE];

  if (e->kind != PORTERO_EVENT_CALL)
    return;
  text_seconds(w, e->time);
  column(w, portero_event_uid(e, uid));
  end_columns(w, &e->source);
  end_columns(w, &e->destination);
  if (e->outcome == PORTERO_OUTCOME_ANSWERED || e->outcome == PORTERO_OUTCOME_FAULT) {
    text_char(w, '\t');
    text_seconds(w, e->duration);
  } else {
    column(w, NULL);
  }
  pipe_column(w, e);
  name_columns(w, e);
  our_columns(w, e);
  text_char(w, '\n');
}
