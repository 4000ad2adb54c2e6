/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the language, and standing at a token. */
#include "src/idlc/parse.h"

#include <string.h>

static const struct {
  const char *text;
  enum parse_word word;
} words[] = {
    {"const", WORD_CONST},
    {"volatile", WORD_VOLATILE},
    {"typedef", WORD_TYPEDEF},
    {"struct", WORD_STRUCT},
    {"union", WORD_UNION},
    {"enum", WORD_ENUM},
    {"unsigned", WORD_UNSIGNED},
    {"signed", WORD_SIGNED},
    {"long", WORD_LONG},
    {"short", WORD_SHORT},
    {"int", WORD_INT},
    {"char", WORD_CHAR},
    {"float", WORD_FLOAT},
    {"double", WORD_DOUBLE},
    {"void", WORD_VOID},
    {"extern", WORD_EXTERN},
    {"static", WORD_STATIC},
    {"sizeof", WORD_SIZEOF},
    {"case", WORD_CASE},
    {"default", WORD_DEFAULT},
    {"switch", WORD_SWITCH},
    {"small", WORD_SMALL},
    {"hyper", WORD_HYPER},
    {"byte", WORD_BYTE},
    {"boolean", WORD_BOOLEAN},
    {"wchar_t", WORD_WCHAR},
    {"handle_t", WORD_HANDLE},
    {"error_status_t", WORD_ERROR_STATUS},
    {"__int8", WORD_INT8},
    {"__int16", WORD_INT16},
    {"__int32", WORD_INT32},
    {"__int64", WORD_INT64},
    {"__int3264", WORD_INT3264},
    {"pipe", WORD_PIPE},
    {"SAFEARRAY", WORD_SAFEARRAY},
    {"interface", WORD_INTERFACE},
    {"dispinterface", WORD_DISPINTERFACE},
    {"coclass", WORD_COCLASS},
    {"library", WORD_LIBRARY},
    {"module", WORD_MODULE},
    {"import", WORD_IMPORT},
    {"importlib", WORD_IMPORTLIB},
    {"include", WORD_INCLUDE},
    {"cpp_quote", WORD_CPP_QUOTE},
    {"midl_pragma", WORD_PRAGMA},
    {"midl_echo", WORD_PRAGMA},
    {"inline", WORD_INLINE},
    {"__inline", WORD_INLINE},
    {"__forceinline", WORD_INLINE},
    {"properties", WORD_PROPERTIES},
    {"methods", WORD_METHODS},
    {"__stdcall", WORD_CALLING},
    {"_stdcall", WORD_CALLING},
    {"stdcall", WORD_CALLING},
    {"__cdecl", WORD_CALLING},
    {"_cdecl", WORD_CALLING},
    {"cdecl", WORD_CALLING},
    {"__fastcall", WORD_CALLING},
    {"_fastcall", WORD_CALLING},
    {"__pascal", WORD_CALLING},
    {"_pascal", WORD_CALLING},
    {"pascal", WORD_CALLING},
    {"__far", WORD_CALLING},
    {"far", WORD_CALLING},
    {"FAR", WORD_CALLING},
    {"near", WORD_CALLING},
    {"__RPC_FAR", WORD_CALLING},
    {"__RPC_API", WORD_CALLING},
    {"__RPC_USER", WORD_CALLING},
    {"__RPC_STUB", WORD_CALLING},
    {"RPC_ENTRY", WORD_CALLING},
    {"WINAPI", WORD_CALLING},
    {"CALLBACK", WORD_CALLING},
    {"APIENTRY", WORD_CALLING},
    {"STDMETHODCALLTYPE", WORD_CALLING},
    {"STDAPICALLTYPE", WORD_CALLING},
    {"NET_API_FUNCTION", WORD_CALLING},
    {"__unaligned", WORD_CALLING},
    {"UNALIGNED", WORD_CALLING},
    {"__restrict", WORD_CALLING},
    {"__w64", WORD_CALLING},
    {"namespace", WORD_METADATA},
    {"runtimeclass", WORD_METADATA},
    {"delegate", WORD_METADATA},
    {"declare", WORD_METADATA},
    {"apicontract", WORD_METADATA},
    {"requires", WORD_REQUIRES},
};

/* ---- names ---- */

static size_t name_hash(const char *text)
{
  return (size_t)((uintptr_t)text >> 3) * 0x9e3779b1u;
}

static struct parse_name *name_place(struct parse_name *names, size_t size, const char *text)
{
  size_t i = name_hash(text) & (size - 1);

  while (names[i].text && names[i].text != text)
    i = (i + 1) & (size - 1);
  return &names[i];
}

static bool names_grow(struct parse_compile *c)
{
  size_t size = c->names_size ? c->names_size * 2 : 512;
  struct parse_name *names = portero_arena_array(c->s->arena, size, sizeof *names);

  if (!names) {
    c->s->out_of_memory = true;
    return false;
  }
  for (size_t i = 0; i < c->names_size; i++)
    if (c->names[i].text)
      *name_place(names, size, c->names[i].text) = c->names[i];
  c->names = names;
  c->names_size = size;
  return true;
}

static struct parse_name *name_add(struct parse_compile *c, const char *text)
{
  struct parse_name *name;

  if (c->n_names * 2 >= c->names_size && !names_grow(c))
    return NULL;
  name = name_place(c->names, c->names_size, text);
  if (!name->text) {
    name->text = text;
    c->n_names++;
  }
  return name;
}

bool parse_words_init(struct parse_compile *c, struct idlc_preprocessor *pp)
{
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    const char *text = idlc_name(pp, words[i].text);
    struct parse_name *name = text ? name_add(c, text) : NULL;

    if (!name)
      return false;
    name->word = words[i].word;
  }
  return true;
}

void parse_type_name(struct parser *p, const char *name)
{
  struct parse_name *n = name ? name_add(p->c, name) : NULL;

  if (n)
    n->is_type = true;
}

bool parse_is_type_name(struct parser *p, const char *name)
{
  return name_place(p->c->names, p->c->names_size, name)->is_type;
}

/* ---- going on ---- */

static uint32_t token_width(const struct idlc_token *t)
{
  switch (t->kind) {
  case IDLC_END:
    return 0;
  case IDLC_MARK:
    return t->mark > 0xffff ? 3 : t->mark > 0xff ? 2 : 1;
  case IDLC_TEXT:
    return t->length + 2;
  case IDLC_WTEXT:
    return t->length + 3;
  case IDLC_CHAR:
    return 3;
  case IDLC_NAME:
  case IDLC_NUMBER:
  case IDLC_REAL:
  case IDLC_UUID:
    break;
  }
  return t->length ? t->length : 1;
}

static void end_of(const struct idlc_token *t, struct idlc_place *out_place)
{
  uint32_t column = t->place.column + token_width(t);

  *out_place = t->place;
  out_place->column = column > UINT16_MAX ? UINT16_MAX : (uint16_t)column;
}

static void token_read(struct parser *p, bool uuid, struct parse_token *out_token)
{
  out_token->word = WORD_NONE;
  out_token->t = uuid ? idlc_next_uuid(p->pp) : idlc_next(p->pp);
  if (idlc_hopeless(p->c->s))
    out_token->t.kind = IDLC_END;
  if (out_token->t.kind == IDLC_NAME)
    out_token->word = name_place(p->c->names, p->c->names_size, out_token->t.text)->word;
}

static void count_brackets(struct parser *p)
{
  p->parens += parse_at(p, '(');
  p->braces += parse_at(p, '{');
  p->parens -= parse_at(p, ')') && p->parens > 0;
  p->braces -= parse_at(p, '}') && p->braces > 0;
}

static void go_on(struct parser *p, bool uuid)
{
  count_brackets(p);
  if (!parse_at_end(p))
    end_of(&p->tok.t, &p->end);
  if (idlc_hopeless(p->c->s))
    p->n_ahead = 0;
  if (p->n_ahead == 0) {
    token_read(p, uuid, &p->tok);
    return;
  }
  p->tok = p->ahead[0];
  p->ahead[0] = p->ahead[1];
  p->n_ahead--;
}

void parse_advance(struct parser *p)
{
  go_on(p, false);
}

void parse_advance_uuid(struct parser *p)
{
  go_on(p, true);
}

void parse_start(struct parser *p, struct parse_compile *c, struct idlc_preprocessor *pp,
                 uint16_t file)
{
  memset(p, 0, sizeof *p);
  p->c = c;
  p->pp = pp;
  p->file = file;
  p->end.file = file;
  p->end.line = 1;
  p->end.column = 1;
  token_read(p, false, &p->tok);
}

const struct parse_token *parse_peek(struct parser *p, unsigned n)
{
  for (; p->n_ahead < n; p->n_ahead++)
    token_read(p, false, &p->ahead[p->n_ahead]);
  return &p->ahead[n - 1];
}

bool parse_at_dots(struct parser *p)
{
  return parse_at(p, IDLC_PAIR('.', '.')) ||
         (parse_at(p, '.') && parse_is_mark(parse_peek(p, 1), '.'));
}

void parse_skip_dots(struct parser *p)
{
  if (parse_at(p, '.'))
    parse_advance(p);
  parse_advance(p);
}

bool parse_accept(struct parser *p, uint32_t mark)
{
  if (!parse_at(p, mark))
    return false;
  parse_advance(p);
  return true;
}
