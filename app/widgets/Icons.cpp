// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/Icons.h"

#include "app/widgets/Theme.h"

#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

static void initialiseResources()
{
    Q_INIT_RESOURCE(app);
}

namespace app::widgets {

namespace {

/// Paints an SVG in one colour that is looked up when it is painted.
class ThemedIcon final : public QIconEngine {
public:
    ThemedIcon(QString name, IconColour colour)
        : m_name(std::move(name))
        , m_colour(colour)
    {
    }

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override
    {
        QSvgRenderer renderer(drawing(mode));
        renderer.setAspectRatioMode(Qt::KeepAspectRatio);
        renderer.render(painter, rect);
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override
    {
        const auto key = QStringLiteral("slipway-%1-%2-%3x%4")
                             .arg(m_name, colourFor(mode).name(QColor::HexArgb))
                             .arg(size.width())
                             .arg(size.height());
        QPixmap pixmap;
        if (QPixmapCache::find(key, &pixmap))
            return pixmap;
        pixmap = QPixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(), size), mode, state);
        painter.end();
        QPixmapCache::insert(key, pixmap);
        return pixmap;
    }

    [[nodiscard]] QIconEngine* clone() const override { return new ThemedIcon(m_name, m_colour); }

private:
    [[nodiscard]] QColor colourFor(QIcon::Mode mode) const
    {
        const auto& colours = coloursOf(QGuiApplication::palette());
        if (mode == QIcon::Disabled) {
            auto faint = colours.muted;
            faint.setAlphaF(0.5F);
            return faint;
        }
        switch (m_colour) {
        case IconColour::Text:
            return colours.text;
        case IconColour::Muted:
            return colours.muted;
        case IconColour::Accent:
            return colours.accent;
        case IconColour::Success:
            return colours.success;
        case IconColour::Warning:
            return colours.warning;
        case IconColour::Error:
            return colours.error;
        }
        return colours.text;
    }

    [[nodiscard]] QByteArray drawing(QIcon::Mode mode) const
    {
        QFile file(QStringLiteral(":/icons/%1.svg").arg(m_name));
        if (!file.open(QIODevice::ReadOnly))
            return {};
        auto text = file.readAll();
        const auto colour = colourFor(mode);
        text.replace("#000", colour.name().toLatin1());
        if (colour.alpha() < 255)
            text.replace("<svg ", "<svg opacity=\"0.5\" ");
        return text;
    }

    QString m_name;
    IconColour m_colour;
};

} // namespace

QIcon icon(const QString& name, IconColour colour)
{
    return QIcon(new ThemedIcon(name, colour));
}

void loadResources()
{
    initialiseResources();
}

} // namespace app::widgets
