/* SPDX-License-Identifier: Apache-2.0 */
/* Marks shared by every public header: what is exported, what must be looked at. */
#ifndef PORTERO_API_H
#define PORTERO_API_H

#ifdef __cplusplus
#define PORTERO_BEGIN_DECLS extern "C" {
#define PORTERO_END_DECLS   }
#else
#define PORTERO_BEGIN_DECLS
#define PORTERO_END_DECLS
#endif

/* A symbol of the stable interface; everything else is hidden. */
#define PORTERO_API __attribute__((visibility("default")))
/* A result that may not be dropped silently. */
#define PORTERO_MUST_USE                   __attribute__((warn_unused_result))
#define PORTERO_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

#endif
