// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/AppOutlineModel.h"
#include "app/models/ProjectTreeModel.h"

#include <QFileSystemWatcher>
#include <QObject>
#include <QTimer>

namespace app::client {

/// Keeps the tree, git's letters and the outline of the opened folder as the disk has them.
/// Scans on background threads, after changes and when asked. GUI thread.
class ProjectWatch : public QObject {
    Q_OBJECT

public:
    ProjectWatch(models::ProjectTreeModel* tree, models::AppOutlineModel* outline,
                 QObject* parent = nullptr);

    void open(const QString& folder);
    void rescan();
    [[nodiscard]] QString folder() const { return m_folder; }

    /// The text of a file that is being edited replaces the disk's in the outline.
    void setEditedText(const QString& file, const QString& text);

Q_SIGNALS:
    void scanned(); ///< tree and outline are those of the folder
    void gitChanged();

private:
    void scanNow();
    void watchFolders();
    void readOutlines();

    models::ProjectTreeModel* m_tree;
    models::AppOutlineModel* m_outline;
    QString m_folder;
    QFileSystemWatcher m_watcher;
    QTimer m_delay; ///< gathers a burst of changes
    bool m_scanning = false;
    bool m_again = false;
    QStringList m_outlined; ///< files that have an outline from the disk
    QStringList m_edited; ///< files whose outline follows the editor
};

} // namespace app::client
