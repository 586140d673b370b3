// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/Files.h"

#include "emulator/base/Files.h"

#include <QDir>
#include <QFileInfo>
#include <QSet>
#include <QStringDecoder>

namespace app::client {

using emulator::Error;
using emulator::ErrorCode;

namespace {

constexpr qint64 largeFile = 5'000'000;
constexpr int mostFiles = 20'000;

void scan(const QDir& folder, models::FileNode& node, int depth, int& left)
{
    static const QSet<QString> skipped {
        QStringLiteral(".git"),          QStringLiteral("__pycache__"),
        QStringLiteral("node_modules"),  QStringLiteral(".venv"),
        QStringLiteral("venv"),          QStringLiteral(".mypy_cache"),
        QStringLiteral(".pytest_cache"), QStringLiteral(".ruff_cache"),
        QStringLiteral(".idea"),         QStringLiteral(".vscode")};
    if (depth > 24)
        return;
    const auto entries
        = folder.entryInfoList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot,
                               QDir::DirsFirst | QDir::Name | QDir::IgnoreCase);
    for (const auto& entry : entries) {
        if (skipped.contains(entry.fileName()) || --left < 0)
            continue;
        models::FileNode child;
        child.name = entry.fileName();
        child.folder = entry.isDir();
        if (child.folder && !entry.isSymLink())
            scan(QDir(entry.filePath()), child, depth + 1, left);
        node.children.push_back(std::move(child));
    }
}

} // namespace

emulator::Result<TextFile> readTextFile(const QString& path)
{
    const QFileInfo info(path);
    TRY_ASSIGN(const auto content, emulator::readFile(path.toStdString()));
    QStringDecoder decoder(QStringDecoder::Utf8);
    TextFile file;
    file.path = path;
    file.text = decoder(QByteArrayView(content.data(), static_cast<qsizetype>(content.size())));
    if (decoder.hasError() || content.find('\0') != std::string::npos)
        return Error(ErrorCode::Invalid,
                     "open " + path.toStdString() + ": it is not a UTF-8 text file");
    file.large = info.size() > largeFile;
    file.readOnly = file.large || !info.isWritable();
    return file;
}

emulator::Result<> writeTextFile(const QString& path, const QString& text)
{
    const QFileInfo info(path);
    const unsigned mode = info.exists() && info.isExecutable() ? 0755 : 0644;
    return emulator::writeFileAtomically(path.toStdString(), text.toStdString(), mode);
}

models::FileNode scanFolder(const QString& folder)
{
    models::FileNode root;
    root.folder = true;
    int left = mostFiles;
    scan(QDir(folder), root, 0, left);
    return root;
}

} // namespace app::client
