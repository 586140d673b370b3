// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/Git.h"

#include <QDir>

#include <git2.h>

#include <memory>

namespace app::client {

namespace {

template<auto Free>
struct Freed {
    template<typename T>
    void operator()(T* object) const
    {
        Free(object);
    }
};
using Repository = std::unique_ptr<git_repository, Freed<git_repository_free>>;
using Reference = std::unique_ptr<git_reference, Freed<git_reference_free>>;
using StatusList = std::unique_ptr<git_status_list, Freed<git_status_list_free>>;

/// libgit2 counts its users.
struct Library {
    Library() { git_libgit2_init(); }
    ~Library() { git_libgit2_shutdown(); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
};

QChar letterOf(unsigned status)
{
    if ((status & GIT_STATUS_CONFLICTED) != 0)
        return u'C';
    if ((status & GIT_STATUS_WT_NEW) != 0)
        return u'U';
    if ((status & GIT_STATUS_INDEX_NEW) != 0)
        return u'A';
    if ((status & (GIT_STATUS_WT_DELETED | GIT_STATUS_INDEX_DELETED)) != 0)
        return u'D';
    if ((status & (GIT_STATUS_WT_RENAMED | GIT_STATUS_INDEX_RENAMED)) != 0)
        return u'R';
    return u'M';
}

void readBranch(git_repository* repository, models::GitState& state)
{
    git_reference* raw = nullptr;
    if (git_repository_head(&raw, repository) != 0) {
        state.branch = QStringLiteral("no commit yet");
        return;
    }
    const Reference head(raw);
    state.branch = QString::fromUtf8(git_reference_shorthand(head.get()));
    if (git_branch_upstream(&raw, head.get()) != 0)
        return;
    const Reference upstream(raw);
    std::size_t ahead = 0;
    std::size_t behind = 0;
    const auto* local = git_reference_target(head.get());
    const auto* remote = git_reference_target(upstream.get());
    if (local != nullptr && remote != nullptr
        && git_graph_ahead_behind(&ahead, &behind, repository, local, remote) == 0) {
        state.ahead = static_cast<int>(ahead);
        state.behind = static_cast<int>(behind);
    }
}

void readFiles(git_repository* repository, const QString& folder, models::GitState& state)
{
    git_status_options options = GIT_STATUS_OPTIONS_INIT;
    options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR;
    options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_RENAMES_HEAD_TO_INDEX
        | GIT_STATUS_OPT_EXCLUDE_SUBMODULES;
    git_status_list* raw = nullptr;
    if (git_status_list_new(&raw, repository, &options) != 0)
        return;
    const StatusList list(raw);
    const QDir root(folder);
    const QDir work(QString::fromUtf8(git_repository_workdir(repository)));
    const auto count = git_status_list_entrycount(list.get());
    for (std::size_t i = 0; i < count; ++i) {
        const auto* entry = git_status_byindex(list.get(), i);
        const auto* delta
            = entry->index_to_workdir != nullptr ? entry->index_to_workdir : entry->head_to_index;
        if (delta == nullptr)
            continue;
        const auto path
            = root.relativeFilePath(work.filePath(QString::fromUtf8(delta->new_file.path)));
        if (!path.startsWith(QLatin1String("../")))
            state.files[path] = letterOf(entry->status);
    }
}

} // namespace

models::GitState readGit(const QString& folder)
{
    const Library library;
    models::GitState state;
    git_repository* raw = nullptr;
    if (git_repository_open_ext(&raw, folder.toUtf8().constData(), 0, nullptr) != 0)
        return state;
    const Repository repository(raw);
    if (git_repository_workdir(repository.get()) == nullptr)
        return state;
    state.repository = true;
    readBranch(repository.get(), state);
    readFiles(repository.get(), folder, state);
    return state;
}

} // namespace app::client
