// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/RunSession.h"

#include <QObject>

namespace app::widgets {
class ValueView;
}

namespace app::shell {

/// Decodes what a run gave, off the GUI thread, and shows it.
class ResultPresenter : public QObject {
    Q_OBJECT

public:
    ResultPresenter(client::RunSession* session, widgets::ValueView* view,
                    QObject* parent = nullptr);

Q_SIGNALS:
    void shown(bool success);

private:
    void present();

    client::RunSession* m_session;
    widgets::ValueView* m_view;
};

} // namespace app::shell
