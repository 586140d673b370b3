// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// moc cannot read the generated headers, and Qt's macros must not come before them.
#ifndef Q_MOC_RUN
#include <modal_proto/api.pb.h>
#include <slipway.pb.h>
#endif
