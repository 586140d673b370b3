// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QGraphicsView>

class QGraphicsPixmapItem;

namespace app::widgets {

/// A picture that can be zoomed, moved, saved and copied.
class PictureView : public QGraphicsView {
    Q_OBJECT

public:
    explicit PictureView(QWidget* parent = nullptr);

    /// The encoded bytes and what they decode to; the bytes are what save() writes.
    void setPicture(const QByteArray& bytes, const QImage& image);
    [[nodiscard]] QImage image() const { return m_image; }

    void zoom(double factor);
    void fit(); ///< as large as the view allows, at most 1:1 for large and 8:1 for small ones
    void copy() const;
    void save();

protected:
    void wheelEvent(QWheelEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void drawBackground(QPainter* painter, const QRectF& rect) override;

private:
    QGraphicsPixmapItem* m_item;
    QByteArray m_bytes;
    QImage m_image;
    bool m_fitted = true;
};

} // namespace app::widgets
