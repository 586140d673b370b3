// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/Background.h"

namespace app::client {

QThreadPool* backgroundPool()
{
    return QThreadPool::globalInstance();
}

QThreadPool* orderedPool()
{
    static QThreadPool pool;
    pool.setMaxThreadCount(1);
    return &pool;
}

} // namespace app::client
