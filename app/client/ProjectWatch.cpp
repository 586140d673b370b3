// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/ProjectWatch.h"

#include "app/client/Background.h"
#include "app/client/Files.h"
#include "app/client/Git.h"

#include <QDir>

#include <functional>
#include <utility>

namespace app::client {

namespace {

constexpr int mostWatched = 400;
constexpr int mostOutlined = 300;

bool isKernelFile(const QString& file)
{
    return file.endsWith(QLatin1String(".cu")) || file.endsWith(QLatin1String(".cuh"));
}

models::Outline outlineOf(const QString& file, const QString& text)
{
    return isKernelFile(file) ? models::outlineOfKernels(text) : models::outlineOfPython(text);
}

bool isOutlined(const QString& file)
{
    return file.endsWith(QLatin1String(".py")) || isKernelFile(file);
}

} // namespace

ProjectWatch::ProjectWatch(models::ProjectTreeModel* tree, models::AppOutlineModel* outline,
                           QObject* parent)
    : QObject(parent)
    , m_tree(tree)
    , m_outline(outline)
{
    m_delay.setSingleShot(true);
    m_delay.setInterval(250);
    connect(&m_delay, &QTimer::timeout, this, &ProjectWatch::scanNow);
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, &m_delay,
            qOverload<>(&QTimer::start));
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, &m_delay, qOverload<>(&QTimer::start));
}

void ProjectWatch::open(const QString& folder)
{
    m_folder = folder;
    m_edited.clear();
    m_outlined.clear();
    m_outline->clear();
    if (!m_watcher.directories().isEmpty())
        m_watcher.removePaths(m_watcher.directories());
    m_tree->setTree(folder, {});
    m_tree->setGit({});
    scanNow();
}

void ProjectWatch::rescan()
{
    m_delay.start();
}

void ProjectWatch::scanNow()
{
    if (m_folder.isEmpty())
        return;
    if (std::exchange(m_scanning, true)) {
        m_again = true;
        return;
    }
    const auto folder = m_folder;
    inBackground(
        this, [folder] { return scanFolder(folder); },
        [this, folder](const models::FileNode& root) {
            m_scanning = false;
            if (folder != m_folder || std::exchange(m_again, false)) {
                scanNow();
                if (folder != m_folder)
                    return;
            }
            m_tree->setTree(folder, root);
            watchFolders();
            readOutlines();
        });
    inBackground(
        this, [folder] { return readGit(folder); },
        [this, folder](const models::GitState& state) {
            if (folder != m_folder)
                return;
            m_tree->setGit(state);
            Q_EMIT gitChanged();
        });
}

void ProjectWatch::watchFolders()
{
    QStringList wanted {m_folder};
    const std::function<void(const QModelIndex&)> visit = [&](const QModelIndex& above) {
        for (int row = 0; row < m_tree->rowCount(above); ++row) {
            const auto index = m_tree->index(row, 0, above);
            if (!index.data(models::ProjectTreeModel::FolderRole).toBool()
                || wanted.size() >= mostWatched)
                continue;
            wanted << index.data(models::ProjectTreeModel::PathRole).toString();
            visit(index);
        }
    };
    visit({});
    const auto watched = m_watcher.directories();
    QStringList added;
    for (const auto& path : std::as_const(wanted))
        if (!watched.contains(path))
            added << path;
    if (!added.isEmpty())
        m_watcher.addPaths(added);
}

void ProjectWatch::readOutlines()
{
    QStringList files;
    for (const auto& file : m_tree->files())
        if (isOutlined(file) && files.size() < mostOutlined)
            files << m_folder + u'/' + file;
    for (const auto& gone : std::as_const(m_outlined))
        if (!files.contains(gone))
            m_outline->setOutline(gone, {});
    m_outlined = files;
    const auto folder = m_folder;
    inBackground(
        this,
        [files] {
            QVector<std::pair<QString, models::Outline>> outlines;
            for (const auto& file : files)
                if (const auto read = readTextFile(file); read && !read->large)
                    outlines.emplaceBack(file, outlineOf(file, read->text));
            return outlines;
        },
        [this, folder](const QVector<std::pair<QString, models::Outline>>& outlines) {
            if (folder != m_folder)
                return;
            for (const auto& [file, outline] : outlines)
                if (!m_edited.contains(file))
                    m_outline->setOutline(file, outline);
            Q_EMIT scanned();
        });
}

void ProjectWatch::setEditedText(const QString& file, const QString& text)
{
    if (!isOutlined(file) || text.size() > 2'000'000)
        return;
    if (!m_edited.contains(file))
        m_edited << file;
    inBackground(
        this, [file, text] { return outlineOf(file, text); },
        [this, file](const models::Outline& outline) { m_outline->setOutline(file, outline); },
        orderedPool());
}

} // namespace app::client
