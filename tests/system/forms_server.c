/* SPDX-License-Identifier: Apache-2.0 */
/* A server that speaks of its own types alone. */
#include "tests/system/forms_ends.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static portero_status serve_open(struct portero_call *call, struct forms_Open *p)
{
  p->result = p->name && strcmp(p->name, "T\xc3\xa4glich") == 0 ? 0 : 1;
  return portero_handle_new(call, forms_DIARY_kind, &p->diary, NULL, &p->diary);
}

static portero_status serve_add(struct portero_call *call, struct forms_Add *p)
{
  char *text = portero_arena_alloc(portero_call_arena(call), 128);

  if (!text)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  (void)snprintf(text, 128, "%s/%s/%s", p->text ? p->text : "-", p->event.text,
                 p->event.kind == 2 ? p->event.who : "-");
  p->before = p->event.kind == 1 ? p->event.until : p->event.window[1];
  p->before.tv_sec -= p->event.at.tv_sec;
  p->text = text;
  p->result = p->event.kind == 9 ? p->event.code : p->event.kind;
  return portero_ok();
}

static portero_status serve_many(struct portero_call *call, struct forms_Many *p)
{
  struct forms_EVENT *events =
      portero_arena_array(portero_call_arena(call), p->count, sizeof *events);

  if (!events)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  for (uint32_t i = 0; i < p->count; i++)
    events[i] = (struct forms_EVENT){
        .at = p->times[p->count - 1 - i], .text = "back", .kind = 1, .until = p->times[i]};
  p->found = p->count;
  p->events = events;
  p->result = 0;
  return portero_ok();
}

static double sum_of(const struct forms_TREE *tree)
{
  double sum = tree->here;

  for (uint32_t i = 0; i < tree->count; i++)
    sum += sum_of(&tree->children[i]);
  return sum;
}

/* The list comes back the other way round. */
static portero_status serve_walk(struct portero_call *call, struct forms_Walk *p)
{
  const struct forms_NODE *list = NULL;

  p->result = 0;
  for (const struct forms_NODE *n = p->list; n; n = n->next, p->result++) {
    struct forms_NODE *copy = portero_arena_alloc(portero_call_arena(call), sizeof *copy);

    if (!copy)
      return portero_local(PORTERO_LOCAL_NO_MEMORY);
    *copy = (struct forms_NODE){n->value, list};
    list = copy;
  }
  p->list = list;
  p->sum = (int32_t)(sum_of(&p->tree) * 60);
  return portero_ok();
}

static portero_status serve_choose(struct portero_call *call, struct forms_Choose *p)
{
  (void)call;
  p->result = p->which == 1   ? (int32_t)p->in_choice.time.tv_sec
              : p->which == 2 ? (int32_t)p->in_choice.album->count
                              : p->in_choice.plain;
  if (p->tagged.tag == 1)
    p->tagged = (struct forms_TAGGED){2, {.text = p->tagged.body.angle > 90 ? "wide" : "narrow"}};
  else
    p->tagged = (struct forms_TAGGED){1, {.angle = (double)strlen(p->tagged.body.text)}};
  return portero_ok();
}

static portero_status serve_mix(struct portero_call *call, struct forms_Mix *p)
{
  (void)call;
  p->result = (struct forms_COLOUR){p->a.red, p->b.green, (int8_t)-p->a.blue};
  return portero_ok();
}

static portero_status serve_turn(struct portero_call *call, struct forms_Turn *p)
{
  (void)call;
  p->result = strcmp(p->heading.name, "east") == 0;
  p->heading.degrees += p->heading.degrees > 300 ? -1000 : 180;
  return portero_ok();
}

static portero_status serve_later(struct portero_call *call, struct forms_Later *p)
{
  struct timespec *later = portero_arena_alloc(portero_call_arena(call), sizeof *later);

  if (!later)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  *later = p->at;
  later->tv_sec += p->by;
  p->result = p->by ? later : NULL;
  return portero_ok();
}

static struct forms_Slow *slow_args;
static struct portero_call *slow_call;
static pthread_t slow_thread;

static void *answer_slowly(void *unused)
{
  (void)unused;
  slow_args->answer = slow_args->text;
  slow_args->result = 77;
  portero_stub_finish(slow_call, &forms_stub, slow_args, portero_ok());
  return NULL;
}

static portero_status serve_slow(struct portero_call *call, struct forms_Slow *p)
{
  portero_status status = portero_call_defer(call);

  slow_call = call;
  slow_args = p;
  if (portero_is_ok(status) && pthread_create(&slow_thread, NULL, answer_slowly, NULL) != 0)
    portero_stub_finish(call, &forms_stub, p, portero_local(PORTERO_LOCAL_NO_MEMORY));
  return status;
}

static portero_status serve_fail(struct portero_call *call, struct forms_Fail *p)
{
  (void)call;
  p->answer = strcmp(p->text, "server stubborn") == 0 ? "!" : "?";
  return portero_ok();
}

static portero_status serve_keep(struct portero_call *call, struct forms_Keep *p)
{
  struct timespec *second = portero_arena_alloc(portero_call_arena(call), sizeof *second);

  if (!second)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  *second = *p->album.first;
  p->result = p->album.second == NULL && p->album.other && *p->album.other == NULL;
  p->album.second = second;
  return portero_ok();
}

static portero_status serve_plain(struct portero_call *call, struct forms_Plain *p)
{
  (void)call;
  p->text = "plain";
  p->result = p->a;
  return portero_ok();
}

/* The remote operation's handler calls the local one. */
static portero_status sum_locally(const struct timespec *each, uint32_t n, int64_t *out_sum)
{
  *out_sum = 0;
  for (uint32_t i = 0; i < n; i++)
    *out_sum += each[i].tv_sec;
  return portero_ok();
}

static portero_status serve_remote_sum(struct portero_call *call, struct forms_RemoteSum *p)
{
  (void)call;
  p->result = (int32_t)p->n;
  return sum_locally(p->each, p->n, &p->sum);
}

static portero_status serve_odd(struct portero_call *call, struct forms_Odd *p)
{
  (void)call;
  p->sum = (struct timespec){0, 0};
  for (int32_t r = 0; r < p->rows; r++)
    for (int32_t c = 0; c < p->columns; c++)
      p->sum.tv_sec += p->table[r][c].tv_sec;
  p->result = p->odd.full == NULL;
  p->odd.grid[1][2] = p->sum;
  p->odd.inner = "outer";
  return portero_ok();
}

static portero_status serve_part(struct portero_call *call, struct forms_Part *p)
{
  (void)call;
  p->result = (int32_t)p->some[p->from].tv_sec;
  return portero_ok();
}

static portero_status serve_close(struct portero_call *call, struct forms_Close *p)
{
  portero_status status = portero_handle_close(call, forms_DIARY_kind, &p->diary);

  p->diary = (struct portero_handle){0};
  p->result = 0;
  return status;
}

const struct forms_handlers forms_server = {
    .Open = serve_open,
    .Add = serve_add,
    .Many = serve_many,
    .Walk = serve_walk,
    .Choose = serve_choose,
    .Mix = serve_mix,
    .Turn = serve_turn,
    .Later = serve_later,
    .Slow = serve_slow,
    .Fail = serve_fail,
    .Keep = serve_keep,
    .Plain = serve_plain,
    .RemoteSum = serve_remote_sum,
    .Odd = serve_odd,
    .Part = serve_part,
    .Close = serve_close,
};

void forms_server_join(void)
{
  (void)pthread_join(slow_thread, NULL);
}
