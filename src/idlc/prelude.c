/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that need no import: DCE's basic types ([C706] 4.2.9, its nbase.idl), and those that the
 * published interfaces take for granted ([MS-DTYP] appendix A).
 */
#include "src/idlc/lower.h"

#include <string.h>

struct prelude_row {
  const char *name;
  enum idlc_base base;
  unsigned pointers;
  const char *attribute; /* NULL: none */
};

static const struct prelude_row prelude_rows[] = {
    {"unsigned8", IDLC_UINT8, 0, NULL},
    {"unsigned16", IDLC_UINT16, 0, NULL},
    {"unsigned32", IDLC_UINT32, 0, NULL},
    {"unsigned64", IDLC_UINT64, 0, NULL},
    {"signed8", IDLC_INT8, 0, NULL},
    {"signed16", IDLC_INT16, 0, NULL},
    {"signed32", IDLC_INT32, 0, NULL},
    {"signed64", IDLC_INT64, 0, NULL},
    {"boolean32", IDLC_UINT32, 0, NULL},
    {"PCONTEXT_HANDLE", IDLC_VOID, 1, "context_handle"},
    {"PPCONTEXT_HANDLE", IDLC_VOID, 2, "context_handle"},
};

static struct idlc_derive *prelude_pointers(struct idlc_lower *lo, unsigned count,
                                            struct idlc_place place)
{
  struct idlc_derive *all = NULL, *one;

  for (unsigned i = 0; i < count; i++) {
    one = portero_arena_alloc(lo->arena, sizeof *one);
    if (!one)
      break;
    one->kind = IDLC_POINTER_TO;
    one->place = place;
    one->next = all;
    all = one;
  }
  return all;
}

static const struct idlc_def *prelude_make(struct idlc_lower *lo, const struct prelude_row *row,
                                           struct idlc_place place)
{
  struct idlc_def *def = portero_arena_alloc(lo->arena, sizeof *def);
  struct idlc_decl *decl = portero_arena_alloc(lo->arena, sizeof *decl);
  struct idlc_spec *spec = portero_arena_alloc(lo->arena, sizeof *spec);
  struct idlc_attr *attr = portero_arena_alloc(lo->arena, sizeof *attr);

  if (!def || !decl || !spec || !attr) {
    lo->s->out_of_memory = true;
    return NULL;
  }
  spec->kind = IDLC_SPEC_BASE;
  spec->base = row->base;
  spec->place = place;
  decl->name = row->name;
  decl->place = place;
  decl->spec = spec;
  decl->derive = prelude_pointers(lo, row->pointers, place);
  attr->name = row->attribute;
  attr->place = place;
  def->space = IDLC_SPACE_TYPE;
  def->name = row->name;
  def->place = place;
  def->decl = decl;
  def->attrs = row->attribute ? attr : NULL;
  return def;
}

/* Those that newcomers from Windows miss first. Published interfaces import them, or define their own,
 * so they are no part of the language. */
static const struct {
  const char *name, *hint;
} prelude_missed[] = {
    {"BOOL", "write 'long', or import ms-dtyp.idl, which defines it"},
    {"BYTE", "write 'byte', or import ms-dtyp.idl, which defines it"},
    {"DWORD", "write 'unsigned long', or import ms-dtyp.idl, which defines it"},
    {"GUID",
     "write 'typedef struct { unsigned long a; unsigned short b, c; byte d[8]; } GUID;', or "
     "import ms-dtyp.idl, which defines it"},
    {"LONG", "write 'long', or import ms-dtyp.idl, which defines it"},
    {"LPCWSTR", "write '[string] const wchar_t *', or import ms-dtyp.idl, which defines it"},
    {"LPWSTR", "write '[string] wchar_t *', or import ms-dtyp.idl, which defines it"},
    {"NTSTATUS", "write 'long', or import ms-dtyp.idl, which defines it"},
    {"UINT", "write 'unsigned int', or import ms-dtyp.idl, which defines it"},
    {"ULONG", "write 'unsigned long', or import ms-dtyp.idl, which defines it"},
    {"USHORT", "write 'unsigned short', or import ms-dtyp.idl, which defines it"},
    {"WCHAR", "write 'wchar_t', or import ms-dtyp.idl, which defines it"},
    {"WORD", "write 'unsigned short', or import ms-dtyp.idl, which defines it"},
};

const char *idlc_prelude_hint(const char *name)
{
  for (size_t i = 0; i < sizeof prelude_missed / sizeof prelude_missed[0]; i++) {
    if (strcmp(prelude_missed[i].name, name) == 0)
      return prelude_missed[i].hint;
  }
  return NULL;
}

const struct idlc_def *idlc_prelude_find(struct idlc_lower *lo, const char *name,
                                         struct idlc_place place)
{
  for (size_t i = 0; i < sizeof prelude_rows / sizeof prelude_rows[0]; i++) {
    if (strcmp(prelude_rows[i].name, name) == 0)
      return prelude_make(lo, &prelude_rows[i], place);
  }
  return NULL;
}
