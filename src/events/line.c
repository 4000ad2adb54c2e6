/* SPDX-License-Identifier: Apache-2.0 */
/* One line for a person: when, who, what, how it ended. */
#include "src/events/text.h"

#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define GREEN  "\033[32m"
#define FAINT  "\033[2m"
#define PLAIN  "\033[0m"

static const char *colour_of(const struct portero_event *e)
{
  unsigned severity = portero_event_severity(e);

  if (severity <= 2)
    return RED;
  if (severity <= 4)
    return YELLOW;
  return e->outcome == PORTERO_OUTCOME_ANSWERED ? GREEN : FAINT;
}

static void end_text(struct portero_writer *w, const struct portero_event_end *end)
{
  bool six = text_has_address(end) && (end->ip[10] != 0xff || end->ip[0] != 0);

  if (!text_has_address(end)) {
    text_raw(w, "local");
    return;
  }
  if (six)
    text_char(w, '[');
  text_address(w, end->ip);
  text_raw(w, six ? "]:" : ":");
  text_number(w, end->port);
}

/* A limit and what a service says about itself has no connection, or has many: one end at most. */
static void ends_text(struct portero_writer *w, const struct portero_event *e)
{
  if (e->connection) {
    text_char(w, ' ');
    end_text(w, &e->source);
    text_raw(w, " > ");
    end_text(w, &e->destination);
    return;
  }
  if (text_has_address(&e->source)) {
    text_char(w, ' ');
    text_address(w, e->source.ip);
  } else if (e->kind == PORTERO_EVENT_LIMIT) {
    text_raw(w, e->protseq == PORTERO_NCALRPC ? " local" : "");
  }
}

static void what_text(struct portero_writer *w, const struct portero_event *e)
{
  const char *interface = text_interface(e), *operation = text_operation(e);

  if (!e->interface && !interface) {
    if (e->has_opnum) {
      text_raw(w, " opnum ");
      text_number(w, e->opnum);
    }
    return;
  }
  text_char(w, ' ');
  if (interface)
    text_plain(w, interface);
  else
    text_uuid(w, &e->interface->uuid);
  if (!e->has_opnum)
    return;
  text_char(w, '.');
  if (operation)
    text_plain(w, operation);
  else
    text_number(w, e->opnum);
}

static void who_text(struct portero_writer *w, const struct portero_event *e)
{
  if (!e->account || !*e->account)
    return;
  text_char(w, ' ');
  if (e->domain && *e->domain) {
    text_plain(w, e->domain);
    text_char(w, '\\');
  }
  text_plain(w, e->account);
}

static void word(struct portero_writer *w, const char *before, const char *text)
{
  if (!text || !*text)
    return;
  text_raw(w, before);
  text_plain(w, text);
}

/* No rule decided, and something did. */
static bool is_by_default(const struct portero_event *e)
{
  return !e->rule && e->verdict &&
         (strcmp(e->verdict, "deny") == 0 || strcmp(e->verdict, "drop") == 0);
}

static void how_text(struct portero_writer *w, const struct portero_event *e)
{
  word(w, " ", portero_outcome_name(e->outcome));
  if (e->status) {
    text_char(w, ' ');
    text_hex32(w, e->status);
    word(w, " ", text_status(e));
  }
  if (e->duration) {
    text_char(w, ' ');
    text_number(w, e->duration / 1000000);
    text_char(w, '.');
    text_padded(w, e->duration / 1000 % 1000, 3);
    text_raw(w, " ms");
  }
  word(w, " rule ", e->rule);
  if (is_by_default(e))
    text_raw(w, " by the policy's default");
  for (size_t i = 0; i < e->n_tags; i++)
    word(w, " ", e->tags[i]);
  word(w, " ", e->reason);
  if (e->count > 1) {
    text_raw(w, " (");
    text_number(w, e->count);
    text_raw(w, e->kind == PORTERO_EVENT_LOST ? " records)" : " times)");
  }
}

static void process_text(struct portero_writer *w, const struct portero_event *e)
{
  word(w, " ", e->binding);
  if (e->kind == PORTERO_EVENT_ALERT || e->kind == PORTERO_EVENT_POLICY)
    word(w, " ", e->annotation); /* what it is about, in words; how it was asked for */
  word(w, " by ", e->unit ? e->unit : e->program);
  if (!e->has_process)
    return;
  text_raw(w, " pid ");
  text_number(w, (uint32_t)e->pid);
  text_raw(w, " uid ");
  text_number(w, e->uid);
}

void portero_event_write_text(struct portero_writer *w, const struct portero_event *e, bool colour)
{
  text_time(w, e->time, ' ');
  text_char(w, ' ');
  if (colour)
    text_raw(w, colour_of(e));
  text_raw(w, portero_event_name(e->kind));
  if (colour)
    text_raw(w, PLAIN);
  ends_text(w, e);
  who_text(w, e);
  what_text(w, e);
  process_text(w, e);
  how_text(w, e);
  text_char(w, '\n');
}
