// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/SlipProcess.h"
#include "app/models/DeployModel.h"
#include "app/models/LogModel.h"

namespace app::client {

/// What is to be deployed where: decided by the window, carried out by a DeploySession.
struct DeployRequest {
    QString slip; ///< the program
    QString folder; ///< of the project
    QString file; ///< absolute
    QString target; ///< "local", "hpc"
};

/// Plans and deploys through `slip deploy`. It goes on when nobody looks. GUI thread.
class DeploySession : public QObject {
    Q_OBJECT

public:
    explicit DeploySession(QObject* parent = nullptr);

    /// Asks for a plan; ignored while a deploy runs. A plan that is being made is given up.
    void plan(const DeployRequest& request);
    /// Carries the plan out. `budget` in dollars as typed, empty: as it is.
    void deploy(const QString& strategy, const QString& budget);
    /// After a failure: the deploy goes on where it ended, or the plan is made again.
    void retry();
    /// Ends what runs; what is live stays as it is.
    void cancel();

    [[nodiscard]] models::DeployModel* model() { return &m_model; }
    [[nodiscard]] models::LogModel* log() { return &m_log; }
    [[nodiscard]] const DeployRequest& request() const { return m_request; }
    /// All that helps someone else to see why it failed.
    [[nodiscard]] QString diagnostics() const;

private:
    void begin();
    void takeObject(const QJsonObject& json);
    void ended(int code, const QString& problem);
    void addLine(const QByteArray& line, int descriptor);

    SlipProcess m_process;
    models::DeployModel m_model;
    models::LogModel m_log;
    DeployRequest m_request;
    QStringList m_deployArguments; ///< empty: nothing but a plan was asked for
    bool m_beginAgain = false; ///< once the process has ended
};

} // namespace app::client
