// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/PictureView.h"

#include "app/widgets/Theme.h"

#include <QClipboard>
#include <QFileDialog>
#include <QGraphicsPixmapItem>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QSaveFile>
#include <QThreadPool>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace app::widgets {

PictureView::PictureView(QWidget* parent)
    : QGraphicsView(parent)
    , m_item(new QGraphicsPixmapItem)
{
    setFrameShape(QFrame::NoFrame);
    setScene(new QGraphicsScene(this));
    scene()->addItem(m_item);
    setDragMode(ScrollHandDrag);
    setTransformationAnchor(AnchorUnderMouse);
}

void PictureView::setPicture(const QByteArray& bytes, const QImage& image)
{
    m_bytes = bytes;
    m_image = image;
    m_item->setPixmap(QPixmap::fromImage(image));
    scene()->setSceneRect(m_item->boundingRect());
    fit();
}

void PictureView::zoom(double factor)
{
    const double scaleNow = transform().m11();
    const double wanted = std::clamp(scaleNow * factor, 0.02, 64.0);
    scale(wanted / scaleNow, wanted / scaleNow);
    m_item->setTransformationMode(wanted > 2 ? Qt::FastTransformation : Qt::SmoothTransformation);
    m_fitted = false;
}

void PictureView::fit()
{
    if (m_image.isNull())
        return;
    const double room = std::min((viewport()->width() - 24.0) / m_image.width(),
                                 (viewport()->height() - 24.0) / m_image.height());
    resetTransform();
    const double wanted = room > 8 ? 8 : room > 1 ? std::max(1.0, room) : room;
    zoom(std::max(wanted, 0.02));
    m_fitted = true;
}

void PictureView::copy() const
{
    QGuiApplication::clipboard()->setImage(m_image);
}

void PictureView::save()
{
    const auto suffix = m_bytes.startsWith("\x89PNG") ? QStringLiteral("png")
        : m_bytes.startsWith("GIF")                   ? QStringLiteral("gif")
        : m_bytes.startsWith("\xff\xd8")              ? QStringLiteral("jpg")
                                                      : QStringLiteral("bin");
    auto* dialog = new QFileDialog(this, tr("Save the picture"));
    dialog->setObjectName(QStringLiteral("result.saveDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(QStringLiteral("result.") + suffix);
    connect(dialog, &QFileDialog::fileSelected, this, [bytes = m_bytes](const QString& path) {
        QThreadPool::globalInstance()->start([bytes, path] {
            QSaveFile file(path);
            if (file.open(QIODevice::WriteOnly)) {
                file.write(bytes);
                file.commit();
            }
        });
    });
    dialog->open();
}

void PictureView::wheelEvent(QWheelEvent* event)
{
    zoom(std::pow(1.0015, event->angleDelta().y()));
    event->accept();
}

void PictureView::resizeEvent(QResizeEvent* event)
{
    QGraphicsView::resizeEvent(event);
    if (m_fitted)
        fit();
}

void PictureView::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Copy))
        copy();
    else if (event->key() == Qt::Key_Plus)
        zoom(1.25);
    else if (event->key() == Qt::Key_Minus)
        zoom(0.8);
    else if (event->key() == Qt::Key_0)
        fit();
    else
        QGraphicsView::keyPressEvent(event);
}

/// A chessboard behind the picture shows what is transparent.
void PictureView::drawBackground(QPainter* painter, const QRectF& rect)
{
    const auto& colours = coloursOf(palette());
    painter->fillRect(rect, colours.stripe);
    if (m_image.isNull() || !m_image.hasAlphaChannel())
        return;
    painter->save();
    painter->setClipRect(m_item->boundingRect());
    QBrush board(colours.border, Qt::Dense4Pattern);
    board.setTransform(painter->worldTransform().inverted());
    painter->fillRect(m_item->boundingRect(), colours.base);
    painter->fillRect(m_item->boundingRect(), board);
    painter->restore();
}

} // namespace app::widgets
