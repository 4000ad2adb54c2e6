/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes: which there are. Most of MIDL's speak to other tools: they are passed over. */
#include "src/idlc/lower.h"

#include <string.h>

struct attribute_row {
  const char *name;
  enum idlc_attribute which;
};

/* Names that mean the same stand together. */
static const struct attribute_row attribute_rows[] = {
  {"in", IDLC_ATTR_IN},
  {"out", IDLC_ATTR_OUT},
  {"ref", IDLC_ATTR_REF},
  {"unique", IDLC_ATTR_UNIQUE},
  {"ptr", IDLC_ATTR_PTR},
  {"full", IDLC_ATTR_PTR},
  {"string", IDLC_ATTR_STRING},
  {"size_is", IDLC_ATTR_SIZE_IS},
  {"max_is", IDLC_ATTR_MAX_IS},
  {"min_is", IDLC_ATTR_MIN_IS},
  {"length_is", IDLC_ATTR_LENGTH_IS},
  {"last_is", IDLC_ATTR_LAST_IS},
  {"first_is", IDLC_ATTR_FIRST_IS},
  {"range", IDLC_ATTR_RANGE},
  {"ignore", IDLC_ATTR_IGNORE},
  {"switch_is", IDLC_ATTR_SWITCH_IS},
  {"switch_type", IDLC_ATTR_SWITCH_TYPE},
  {"case", IDLC_ATTR_CASE},
  {"default", IDLC_ATTR_DEFAULT},
  {"ms_union", IDLC_ATTR_MS_UNION},
  {"v1_enum", IDLC_ATTR_V1_ENUM},
  {"context_handle", IDLC_ATTR_CONTEXT_HANDLE},
  {"context_handle_serialize", IDLC_ATTR_CONTEXT_HANDLE},
  {"context_handle_noserialize", IDLC_ATTR_CONTEXT_HANDLE},
  {"strict_context_handle", IDLC_ATTR_STRICT_CONTEXT_HANDLE},
  {"type_strict_context_handle", IDLC_ATTR_STRICT_CONTEXT_HANDLE},
  {"handle", IDLC_ATTR_HANDLE},
  {"iid_is", IDLC_ATTR_IID_IS},
  {"wire_marshal", IDLC_ATTR_WIRE_MARSHAL},
  {"transmit_as", IDLC_ATTR_TRANSMIT_AS},
  {"safearray", IDLC_ATTR_SAFEARRAY},
  {"pointer_default", IDLC_ATTR_POINTER_DEFAULT},
  {"uuid", IDLC_ATTR_UUID},
  {"version", IDLC_ATTR_VERSION},
  {"endpoint", IDLC_ATTR_ENDPOINT},
  {"object", IDLC_ATTR_OBJECT},
  {"odl", IDLC_ATTR_ODL},
  {"dual", IDLC_ATTR_DUAL},
  {"oleautomation", IDLC_ATTR_DUAL},
  {"local", IDLC_ATTR_LOCAL},
  {"call_as", IDLC_ATTR_CALL_AS},
  {"callback", IDLC_ATTR_CALLBACK},
  {"idempotent", IDLC_ATTR_IDEMPOTENT},
  {"maybe", IDLC_ATTR_MAYBE},
  {"broadcast", IDLC_ATTR_BROADCAST},
  {"async", IDLC_ATTR_ASYNC},
  {"propget", IDLC_ATTR_PROPGET},
  {"propput", IDLC_ATTR_PROPPUT},
  {"propputref", IDLC_ATTR_PROPPUTREF},
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
  "represent_as",
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
  "user_marshal",
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
