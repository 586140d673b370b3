// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/PriceEstimate.h"

#include "app/models/DeployPlan.h"

#include <algorithm>

namespace app::models {

QString PriceEstimate::hourly(const QString& gpu) const
{
    emulator::model::Resources resources;
    const auto card = gpu.section(u':', 0, 0).trimmed().toUpper();
    resources.gpu = card.toStdString();
    if (!card.isEmpty())
        resources.gpuCount
            = std::max(1U, gpu.contains(u':') ? gpu.section(u':', 1, 1).toUInt() : 1U);
    if (!card.isEmpty() && !m_book.hasCard(resources.gpu))
        return {};
    // Pico-dollars a second to micro-dollars an hour.
    return QStringLiteral("≈") + hourlyText(m_book.rateOf(resources) * 3600 / 1'000'000);
}

} // namespace app::models
