/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes: which there are. Most of MIDL's speak to other tools: they are passed over. */
#include "src/idlc/lower.h"

#include <string.h>

struct attribute_row {
  const char *name;
  enum idlc_attribute which;
  unsigned places;
};

/* Names that mean the same stand together. */
static const struct attribute_row attribute_rows[] = {
    {"in", IDLC_ATTR_IN, IDLC_ON_PARAMETER},
    {"out", IDLC_ATTR_OUT, IDLC_ON_PARAMETER},
    {"ref", IDLC_ATTR_REF,
     IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER | IDLC_ON_OPERATION},
    {"unique", IDLC_ATTR_UNIQUE,
     IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER | IDLC_ON_OPERATION},
    {"ptr", IDLC_ATTR_PTR,
     IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER | IDLC_ON_OPERATION},
    {"full", IDLC_ATTR_PTR,
     IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER | IDLC_ON_OPERATION},
    {"string", IDLC_ATTR_STRING,
     IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER | IDLC_ON_OPERATION},
    {"size_is", IDLC_ATTR_SIZE_IS, IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"max_is", IDLC_ATTR_MAX_IS, IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"min_is", IDLC_ATTR_MIN_IS, IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"length_is", IDLC_ATTR_LENGTH_IS, IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"last_is", IDLC_ATTR_LAST_IS, IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"first_is", IDLC_ATTR_FIRST_IS, IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"range", IDLC_ATTR_RANGE, IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"ignore", IDLC_ATTR_IGNORE, IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"switch_is", IDLC_ATTR_SWITCH_IS, IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"switch_type", IDLC_ATTR_SWITCH_TYPE, IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"case", IDLC_ATTR_CASE, IDLC_ON_MEMBER},
    {"default", IDLC_ATTR_DEFAULT,
     IDLC_ON_INTERFACE | IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER | IDLC_ON_OPERATION},
    {"ms_union", IDLC_ATTR_MS_UNION, IDLC_ON_INTERFACE | IDLC_ON_TYPEDEF | IDLC_ON_MEMBER},
    {"v1_enum", IDLC_ATTR_V1_ENUM,
     IDLC_ON_INTERFACE | IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"context_handle", IDLC_ATTR_CONTEXT_HANDLE,
     IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER | IDLC_ON_OPERATION},
    {"context_handle_serialize", IDLC_ATTR_CONTEXT_HANDLE,
     IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER | IDLC_ON_OPERATION},
    {"context_handle_noserialize", IDLC_ATTR_CONTEXT_HANDLE,
     IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER | IDLC_ON_OPERATION},
    {"strict_context_handle", IDLC_ATTR_STRICT_CONTEXT_HANDLE,
     IDLC_ON_INTERFACE | IDLC_ON_TYPEDEF | IDLC_ON_PARAMETER | IDLC_ON_OPERATION},
    {"type_strict_context_handle", IDLC_ATTR_STRICT_CONTEXT_HANDLE,
     IDLC_ON_INTERFACE | IDLC_ON_TYPEDEF | IDLC_ON_PARAMETER | IDLC_ON_OPERATION},
    {"handle", IDLC_ATTR_HANDLE, IDLC_ON_TYPEDEF},
    {"iid_is", IDLC_ATTR_IID_IS, IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"wire_marshal", IDLC_ATTR_WIRE_MARSHAL, IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"transmit_as", IDLC_ATTR_TRANSMIT_AS, IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"represent_as", IDLC_ATTR_REPRESENT_AS, IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"user_marshal", IDLC_ATTR_REPRESENT_AS, IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER},
    {"safearray", IDLC_ATTR_SAFEARRAY,
     IDLC_ON_TYPEDEF | IDLC_ON_MEMBER | IDLC_ON_PARAMETER | IDLC_ON_OPERATION},
    {"pointer_default", IDLC_ATTR_POINTER_DEFAULT, IDLC_ON_INTERFACE},
    {"uuid", IDLC_ATTR_UUID, IDLC_ON_INTERFACE | IDLC_ON_TYPEDEF | IDLC_ON_OPERATION},
    {"version", IDLC_ATTR_VERSION, IDLC_ON_INTERFACE | IDLC_ON_TYPEDEF},
    {"endpoint", IDLC_ATTR_ENDPOINT, IDLC_ON_INTERFACE},
    {"object", IDLC_ATTR_OBJECT, IDLC_ON_INTERFACE},
    {"odl", IDLC_ATTR_ODL, IDLC_ON_INTERFACE},
    {"dual", IDLC_ATTR_DUAL, IDLC_ON_INTERFACE | IDLC_ON_TYPEDEF},
    {"oleautomation", IDLC_ATTR_DUAL, IDLC_ON_INTERFACE | IDLC_ON_TYPEDEF},
    {"local", IDLC_ATTR_LOCAL, IDLC_ON_INTERFACE | IDLC_ON_OPERATION | IDLC_ON_TYPEDEF},
    {"call_as", IDLC_ATTR_CALL_AS, IDLC_ON_OPERATION},
    {"callback", IDLC_ATTR_CALLBACK, IDLC_ON_OPERATION},
    {"idempotent", IDLC_ATTR_IDEMPOTENT, IDLC_ON_OPERATION},
    {"maybe", IDLC_ATTR_MAYBE, IDLC_ON_OPERATION},
    {"broadcast", IDLC_ATTR_BROADCAST, IDLC_ON_OPERATION},
    {"async", IDLC_ATTR_ASYNC, IDLC_ON_INTERFACE | IDLC_ON_OPERATION},
    {"propget", IDLC_ATTR_PROPGET, IDLC_ON_OPERATION | IDLC_ON_PARAMETER},
    {"propput", IDLC_ATTR_PROPPUT, IDLC_ON_OPERATION | IDLC_ON_PARAMETER},
    {"propputref", IDLC_ATTR_PROPPUTREF, IDLC_ON_OPERATION | IDLC_ON_PARAMETER},
};

static const char *const attribute_passed[] = {
    "aggregatable",
    "allocate",
    "annotation",
    "apartment",
    "appobject",
    "async_uuid",
    "auto_handle",
    "bindable",
    "both",
    "bstring",
    "byte_count",
    "code",
    "comm_status",
    "const",
    "contract",
    "control",
    "cpp_using",
    "cs_char",
    "cs_drtag",
    "cs_rtag",
    "cs_stag",
    "cs_tag_rtn",
    "custom",
    "decode",
    "defaultbind",
    "defaultcollelem",
    "defaultvalue",
    "defaultvtable",
    "disable_consistency_check",
    "displaybind",
    "dllname",
    "enable_allocate",
    "encode",
    "entry",
    "exclusiveto",
    "explicit_handle",
    "fault_status",
    "force_allocate",
    "format",
    "free",
    "helpcontext",
    "helpfile",
    "helpstring",
    "helpstringcontext",
    "helpstringdll",
    "hidden",
    "id",
    "immediatebind",
    "implicit_handle",
    "in_line",
    "input_sync",
    "lcid",
    "licensed",
    "max",
    "message",
    "ms_conf_struct",
    "neutral",
    "no_injected_text",
    "nocode",
    "nonbrowsable",
    "noncreatable",
    "nonextensible",
    "notify",
    "notify_flag",
    "off_line",
    "optimize",
    "optional",
    "out_of_line",
    "pad",
    "partial_ignore",
    "predeclid",
    "progid",
    "proxy",
    "public",
    "readonly",
    "requestedit",
    "restricted",
    "retval",
    "shape",
    "single",
    "source",
    "supports_licensing",
    "synchronize",
    "system_handle",
    "threading",
    "uidefault",
    "use_instead",
    "usesgetlasterror",
    "vararg",
    "vi_progid",
};

enum idlc_attribute idlc_attribute_named(const char *name)
{
  for (size_t i = 0; i < sizeof attribute_rows / sizeof attribute_rows[0]; i++) {
    if (strcmp(attribute_rows[i].name, name) == 0)
      return attribute_rows[i].which;
  }
  for (size_t i = 0; i < sizeof attribute_passed / sizeof attribute_passed[0]; i++) {
    if (strcmp(attribute_passed[i], name) == 0)
      return IDLC_ATTR_PASSED;
  }
  /* Hints to one other compiler. */
  return strncmp(name, "goext_", 6) == 0 ? IDLC_ATTR_PASSED : IDLC_ATTR_UNKNOWN;
}

void idlc_attribute_suggest(struct idlc_suggestion *s)
{
  for (size_t i = 0; i < sizeof attribute_rows / sizeof attribute_rows[0]; i++)
    idlc_suggest(s, attribute_rows[i].name);
  for (size_t i = 0; i < sizeof attribute_passed / sizeof attribute_passed[0]; i++)
    idlc_suggest(s, attribute_passed[i]);
}

unsigned idlc_attribute_places(enum idlc_attribute which)
{
  for (size_t i = 0; i < sizeof attribute_rows / sizeof attribute_rows[0]; i++) {
    if (attribute_rows[i].which == which)
      return attribute_rows[i].places;
  }
  return ~0u;
}

const struct idlc_attr *idlc_attr_in(const struct idlc_attr *list, enum idlc_attribute which)
{
  const size_t n = sizeof attribute_rows / sizeof attribute_rows[0];
  size_t first = 0;

  while (first < n && attribute_rows[first].which != which)
    first++;
  for (; list; list = list->next) {
    for (size_t i = first; i < n && attribute_rows[i].which == which; i++) {
      if (strcmp(list->name, attribute_rows[i].name) == 0)
        return list;
    }
  }
  return NULL;
}

const struct idlc_attr *idlc_attr_find(const struct idlc_attrs *attrs, enum idlc_attribute which)
{
  const struct idlc_attr *found;

  for (; attrs; attrs = attrs->more) {
    found = idlc_attr_in(attrs->list, which);
    if (found)
      return found;
  }
  return NULL;
}
