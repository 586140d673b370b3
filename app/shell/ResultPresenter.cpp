// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/shell/ResultPresenter.h"

#include "app/client/Background.h"
#include "app/models/RecordModels.h"
#include "app/widgets/ValueView.h"

#include <QImage>

namespace app::shell {

using models::Pickle;

namespace {

struct Decoded {
    std::shared_ptr<const Pickle> value;
    QImage image;
    QString error;
};

Decoded decode(const emulator::model::CallOutput& output)
{
    Decoded decoded;
    if (output.dataFormat != 1) {
        decoded.error = ResultPresenter::tr(
                            "The result is not a pickle (format %1); only pickles can be shown")
                            .arg(output.dataFormat);
        return decoded;
    }
    auto pickle = models::readPickle(output.data);
    if (!pickle) {
        decoded.error = QString::fromStdString(pickle.error().message());
        return decoded;
    }
    decoded.value = std::make_shared<const Pickle>(*std::move(pickle));
    if (models::formOf(*decoded.value) == models::ValueForm::Picture) {
        const auto& bytes = decoded.value->value().text;
        decoded.image = QImage::fromData(
            QByteArray::fromRawData(bytes.data(), static_cast<qsizetype>(bytes.size())));
    }
    return decoded;
}

QString describeValue(const Decoded& decoded)
{
    const auto& value = decoded.value->value();
    if (!decoded.image.isNull())
        return QStringLiteral("%1 × %2, %3")
            .arg(decoded.image.width())
            .arg(decoded.image.height())
            .arg(models::sizeText(static_cast<double>(value.text.size())));
    switch (models::formOf(*decoded.value)) {
    case models::ValueForm::Table:
        return ResultPresenter::tr("%1 rows").arg(value.items.size());
    case models::ValueForm::Text:
        return ResultPresenter::tr("text");
    default:
        return QString::fromStdString(models::describe(*decoded.value, decoded.value->root, 40));
    }
}

} // namespace

ResultPresenter::ResultPresenter(client::RunSession* session, widgets::ValueView* view,
                                 QObject* parent)
    : QObject(parent)
    , m_session(session)
    , m_view(view)
{
    connect(session, &client::RunSession::resultChanged, this, &ResultPresenter::present);
    connect(session->run(), &models::RunModel::stateChanged, this, [this](models::RunState state) {
        if (m_session->result())
            return;
        if (state == models::RunState::Preparing)
            m_view->showNothing(tr("Running %1…").arg(m_session->run()->function()));
        else if (state == models::RunState::Cancelled)
            m_view->showNothing(tr("The run was stopped before it returned."));
        else if (state == models::RunState::Succeeded)
            m_view->showNothing(tr("The run has ended without a result; see its output."));
        else if (state == models::RunState::Failed || state == models::RunState::Lost)
            m_view->showFailure(tr("%1 failed").arg(m_session->run()->function()),
                                m_session->run()->reason(), {});
    });
}

void ResultPresenter::present()
{
    if (!m_session->result())
        return;
    const auto result = *m_session->result();
    const auto took = models::durationText(result.seconds);
    if (result.output.status != "success") {
        const auto exception = QString::fromStdString(result.output.exception);
        m_view->showFailure(tr("%1 failed after %2").arg(result.function, took),
                            exception.isEmpty() ? QString::fromStdString(result.output.status)
                                                : exception,
                            QString::fromStdString(result.output.traceback));
        Q_EMIT shown(false);
        return;
    }
    client::inBackground(
        this, [output = result.output] { return decode(output); },
        [this, result, took](const Decoded& decoded) {
            if (!decoded.value)
                m_view->showFailure(tr("The result of %1 cannot be shown").arg(result.function),
                                    decoded.error, {});
            else
                m_view->showValue(QStringLiteral("%1 → %2 · %3")
                                      .arg(result.function, describeValue(decoded), took),
                                  decoded.value, decoded.image);
            Q_EMIT shown(decoded.value != nullptr);
        });
}

} // namespace app::shell
