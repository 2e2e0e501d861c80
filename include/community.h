/* SPDX-License-Identifier: Apache-2.0
 *
 * libcommunity: the engine for community casework. This header brings all of them. */
#ifndef COMMUNITY_H
#define COMMUNITY_H

#include "community/allocator.h"
#include "community/calendar.h"
#include "community/command.h"
#include "community/desk.h"
#include "community/digest.h"
#include "community/document.h"
#include "community/export.h"
#include "community/receipt.h"
#include "community/rulebook.h"
#include "community/status.h"
#include "community/time.h"
#include "community/types.h"
#include "community/version.h"

#endif
