/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy files, portero-policy(5), for programs that embed the runtime: from a path to a policy that
 * can be asked, or handed to portero_server_set_policy().
 */
#ifndef PORTERO_POLICY_FILE_H
#define PORTERO_POLICY_FILE_H

#include <portero/policy.h>

PORTERO_BEGIN_DECLS

/*
 * Reads the file and builds what it says; the caller frees it, or gives it to a server. A file with
 * one mistake is refused whole: *message (size bytes) tells file, line, key and what was expected,
 * and *out_policy is untouched, so that a server goes on with the policy that it has.
 * LOCAL_MALFORMED, the system's error when the file cannot be read, LOCAL_NO_MEMORY. In a build
 * without libyaml every file is refused, and message says so. Names of users and groups are looked
 * up on this host. From any thread; it may take a while.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_policy_load(const char *path,
                                                                struct portero_policy **out_policy,
                                                                char *message, size_t size);

PORTERO_END_DECLS

#endif
