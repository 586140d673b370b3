// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/model/Studio.h"
#include "emulator/model/WorkerPorts.h"
