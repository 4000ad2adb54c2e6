/* SPDX-License-Identifier: Apache-2.0 */
/* [RFC5424], and the fields of the journal: the same facts under the same names. */
#include "src/events/text.h"

#define DOCUMENTATION 32473u /* the enterprise number kept for examples, [RFC5612] */
#define LINE_SIZE     4096u

/* One fact under its name: "interface", or for the journal PORTERO_INTERFACE. */
typedef void fact(void *user, const char *name, const char *value);

static void number_fact(fact *tell, void *user, const char *name, uint64_t value)
{
  uint8_t text[24];
  struct portero_writer w;

  portero_writer_init_fixed(&w, text, sizeof text);
  text_number(&w, value);
  portero_write_u8(&w, 0);
  tell(user, name, (const char *)text);
}

static void end_facts(fact *tell, void *user, const char *address, const char *port,
                      const struct portero_event_end *end)
{
  uint8_t text[64];
  struct portero_writer w;

  if (!text_has_address(end))
    return;
  portero_writer_init_fixed(&w, text, sizeof text);
  text_address(&w, end->ip);
  portero_write_u8(&w, 0);
  tell(user, address, (const char *)text);
  number_fact(tell, user, port, end->port);
}

static void text_fact(fact *tell, void *user, const char *name, const char *value)
{
  if (value && *value)
    tell(user, name, value);
}

/* Appends to a text that lives on the caller's stack. */
typedef void put(struct portero_writer *w, const struct portero_event *e);

static void put_fact(fact *tell, void *user, const char *name, const struct portero_event *e,
                     put *write)
{
  uint8_t text[32];
  struct portero_writer w;

  portero_writer_init_fixed(&w, text, sizeof text);
  write(&w, e);
  portero_write_u8(&w, 0);
  tell(user, name, (const char *)text);
}

static void put_version(struct portero_writer *w, const struct portero_event *e)
{
  text_version(w, e->interface);
}

static void put_status(struct portero_writer *w, const struct portero_event *e)
{
  text_hex32(w, e->status);
}

static void put_duration(struct portero_writer *w, const struct portero_event *e)
{
  text_seconds(w, e->duration);
}

static void number_fact_if(fact *tell, void *user, const char *name, uint64_t value)
{
  if (value)
    number_fact(tell, user, name, value);
}

static void what_facts(const struct portero_event *e, fact *tell, void *user)
{
  char text[PORTERO_UUID_TEXT_SIZE];

  if (e->interface) {
    tell(user, "interface", portero_uuid_text(&e->interface->uuid, text));
    put_fact(tell, user, "version", e, put_version);
  }
  text_fact(tell, user, "interface_name", text_interface(e));
  if (e->has_opnum)
    number_fact(tell, user, "opnum", e->opnum);
  text_fact(tell, user, "operation", text_operation(e));
  if (e->object)
    tell(user, "object", portero_uuid_text(e->object, text));
  if (text_has_call_id(e))
    number_fact(tell, user, "call_id", e->call_id);
  number_fact_if(tell, user, "fragments", e->fragments);
  number_fact_if(tell, user, "bytes_in", e->bytes_in);
  number_fact_if(tell, user, "bytes_out", e->bytes_out);
  if (e->duration)
    put_fact(tell, user, "duration", e, put_duration);
}

static void who_facts(const struct portero_event *e, fact *tell, void *user)
{
  text_fact(tell, user, "auth", text_auth(e->auth_type));
  text_fact(tell, user, "level", text_level(e->auth_level));
  text_fact(tell, user, "account", e->account);
  text_fact(tell, user, "domain", e->domain);
  text_fact(tell, user, "sid", e->sid);
}

static void how_facts(const struct portero_event *e, fact *tell, void *user)
{
  text_fact(tell, user, "outcome", portero_outcome_name(e->outcome));
  if (e->status)
    put_fact(tell, user, "status", e, put_status);
  text_fact(tell, user, "status_name", text_status(e));
  text_fact(tell, user, "verdict", e->verdict);
  text_fact(tell, user, "rule", e->rule);
  for (size_t i = 0; i < e->n_tags; i++)
    text_fact(tell, user, "tag", e->tags[i]);
  text_fact(tell, user, "reason", e->reason);
  number_fact_if(tell, user, "count", e->count);
}

static void process_facts(const struct portero_event *e, fact *tell, void *user)
{
  if (e->has_process) {
    number_fact(tell, user, "pid", (uint32_t)e->pid);
    number_fact(tell, user, "user_id", e->uid);
    number_fact(tell, user, "group_id", e->gid);
  }
  text_fact(tell, user, "program", e->program);
  text_fact(tell, user, "unit", e->unit);
  text_fact(tell, user, "binding", e->binding);
  text_fact(tell, user, "annotation", e->annotation);
}

static void facts(const struct portero_event *e, fact *tell, void *user)
{
  char uid[PORTERO_EVENT_UID_SIZE];

  tell(user, "event", portero_event_name(e->kind));
  if (e->connection)
    tell(user, "uid", portero_event_uid(e, uid));
  end_facts(tell, user, "source", "source_port", &e->source);
  end_facts(tell, user, "destination", "destination_port", &e->destination);
  text_fact(tell, user, "transport", text_transport(e));
  what_facts(e, tell, user);
  who_facts(e, tell, user);
  how_facts(e, tell, user);
  process_facts(e, tell, user);
}

/* ---- syslog ---- */

/* Inside quotes: ", \ and ] are escaped as the RFC has it, control characters as rsyslog does (#012). */
static void parameter(void *user, const char *name, const char *value)
{
  struct portero_writer *w = user;
  size_t size;

  text_char(w, ' ');
  text_raw(w, name);
  text_raw(w, "=\"");
  for (; *value; value += size) {
    uint32_t c = text_next(value, &size);
    if (c == '"' || c == '\\' || c == ']') {
      text_char(w, '\\');
      text_char(w, (char)c);
    } else if (c < 0x20 || c == 0x7f) {
      text_char(w, '#');
      text_char(w, (char)('0' + (c >> 6)));
      text_char(w, (char)('0' + (c >> 3 & 7)));
      text_char(w, (char)('0' + (c & 7)));
    } else if (size == 1 && c >= 0x80) {
      text_raw(w, "\xef\xbf\xbd");
    } else {
      portero_write_bytes(w, value, size);
    }
  }
  text_char(w, '"');
}

static void header_word(struct portero_writer *w, const char *text)
{
  text_char(w, ' ');
  if (!text || !*text)
    text_char(w, '-');
  for (; text && *text; text++)
    text_char(w, *text > ' ' && *text < 0x7f ? *text : '?');
}

void portero_event_write_syslog(struct portero_writer *w, const struct portero_event *e,
                                const struct portero_syslog_origin *origin)
{
  text_char(w, '<');
  text_number(w, 8u * origin->facility + portero_event_severity(e));
  text_raw(w, ">1 ");
  text_time(w, e->time, 'T');
  text_char(w, 'Z');
  header_word(w, origin->host);
  header_word(w, origin->app);
  text_char(w, ' ');
  text_number(w, origin->pid);
  header_word(w, portero_event_name(e->kind));
  text_raw(w, " [portero@");
  text_number(w, origin->enterprise ? origin->enterprise : DOCUMENTATION);
  facts(e, parameter, w);
  text_raw(w, "] ");
  portero_event_write_text(w, e, false);
  if (!w->failed && w->size > 0)
    w->size--; /* its end of line */
}

/* ---- journal ---- */

struct journal {
  void (*field)(void *user, const char *name, struct portero_bytes value);
  void *user;
};

static void journal_fact(void *user, const char *name, const char *value)
{
  const struct journal *j = user;
  char upper[40] = "PORTERO_";
  size_t n = strlen(upper);

  for (; *name && n + 1 < sizeof upper; name++)
    upper[n++] = *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;
  upper[n] = 0;
  j->field(j->user, upper, portero_bytes_make(value, strlen(value)));
}

void portero_event_journal(const struct portero_event *e,
                           void (*field)(void *user, const char *name, struct portero_bytes value),
                           void *user)
{
  struct journal j = {field, user};
  char priority = (char)('0' + portero_event_severity(e));
  uint8_t line[LINE_SIZE];
  struct portero_writer w;

  portero_writer_init_fixed(&w, line, sizeof line);
  portero_event_write_text(&w, e, false);
  if (!w.failed)
    field(user, "MESSAGE", portero_bytes_make(line, w.size - 1));
  else
    field(user, "MESSAGE",
          portero_bytes_make(portero_event_name(e->kind), strlen(portero_event_name(e->kind))));
  field(user, "PRIORITY", portero_bytes_make(&priority, 1));
  facts(e, journal_fact, &j);
}
