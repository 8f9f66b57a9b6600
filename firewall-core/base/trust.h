/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A path → whether it is in the hands of those alone whom we trust. */
#ifndef TRUST_H
#define TRUST_H

#include "base/err.h"

/*
 * Is this path what root meant it to be? We trust root, and whom we run as: so somebody without
 * root trusts himself. The file or folder, each folder above it, and each symbolic link on the way
 * belong to one of the two, and nobody else may write to them: neither the group nor everybody. A
 * folder on the way with the sticky bit (/tmp) may be everybody's: what is ours in it nobody else
 * can replace.
 *
 * Ask before the path is opened: who could replace it in between is trusted.
 *
 * Fails when it is not trusted, or not there: then errno tells, which is 0 otherwise. The error
 * does not name the path.
 */
bool trust_path(const char *path, struct err *err) MUST_USE;

/*
 * The same of a name in an open folder that trust_path() was asked about: of what is no link, only
 * the file itself needs a look. AT_FDCWD: as trust_path().
 */
bool trust_entry(int directory_fd, const char *name, struct err *err) MUST_USE;

#endif
