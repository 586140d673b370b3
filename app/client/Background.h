// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>
#include <QObject>
#include <QPointer>
#include <QThreadPool>

#include <functional>
#include <type_traits>
#include <utility>

namespace app::client {

/// The threads for short work that would make the window wait; `order` runs one after another.
[[nodiscard]] QThreadPool* backgroundPool();
[[nodiscard]] QThreadPool* orderedPool();

/// Runs `work` on `pool`, then `done` with its value on the GUI thread, unless `context` has
/// died meanwhile.
template<typename Work, typename Done>
void inBackground(QObject* context, Work work, Done done, QThreadPool* pool = backgroundPool())
{
    pool->start([guard = QPointer<QObject>(context), work = std::move(work),
                 done = std::move(done)]() mutable {
        auto value = std::make_shared<std::invoke_result_t<Work>>(work());
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [guard, value, done = std::move(done)]() mutable {
                if (guard)
                    done(std::move(*value));
            },
            Qt::QueuedConnection);
    });
}

} // namespace app::client
