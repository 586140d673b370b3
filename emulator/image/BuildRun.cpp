// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/BuildRun.h"

#include "emulator/image/CopyStep.h"
#include "emulator/image/ImageFile.h"
#include "emulator/image/LayerView.h"
#include "emulator/image/UvLayer.h"

#include <unistd.h>

#include <array>

namespace emulator::image {
namespace {

void addMissing(std::map<std::string, std::string>& target,
                const std::map<std::string, std::string>& source)
{
    target.insert(source.begin(), source.end());
}

} // namespace

BuildRun::BuildRun(BuildTools tools, const model::ImageRecipe& recipe, const BuildContext& context,
                   LogLine onLine, std::stop_token stop)
    : m_tools(std::move(tools))
    , m_recipe(recipe)
    , m_context(context)
    , m_onLine(std::move(onLine))
    , m_stop(std::move(stop))
    , m_layers(m_tools.store)
    , m_network(networkSettings(m_tools.store))
{
}

Result<model::Image> BuildRun::carryOut(const BuildPlan& plan)
{
    for (const auto& note : plan.notes)
        m_onLine(note);
    for (const auto& stage : plan.stages) {
        m_current.clear();
        if (stage.needed) {
            TRY(openStage(stage));
            for (const auto& operation : stage.operations)
                TRY(perform(operation));
        }
        m_done.push_back(m_current);
    }
    model::Image image;
    image.layers = m_current;
    image.config = plan.stages.back().config;
    image.substitutions = m_substitutions;
    TRY_ASSIGN(image.pythonVersion, pythonVersion(image.config));
    return image;
}

Result<> BuildRun::openStage(const Stage& stage)
{
    switch (stage.base.kind) {
    case Base::Kind::Scratch:
        return {};
    case Base::Kind::Stage:
        m_current = m_done.at(static_cast<std::size_t>(stage.base.stage));
        return {};
    case Base::Kind::Reference:
        return openReference(stage.base.name);
    case Base::Kind::Image: {
        TRY_ASSIGN(const auto image, readImage(m_tools.store, stage.base.name));
        m_current = image.layers;
        m_substitutions = image.substitutions;
        return {};
    }
    }
    return {};
}

Result<> BuildRun::openReference(const std::string& reference)
{
    if (const auto version = uvVersion(reference)) {
        TRY_ASSIGN(const auto held, m_tools.locks.lock(uvDigest(*version), m_stop));
        m_current = {uvDigest(*version)};
        return ensureUv(m_layers, *version, m_onLine, m_stop);
    }
    TRY_ASSIGN(const auto base, findBaseImage(reference));
    m_onLine("=> FROM " + reference);
    m_onLine("Note: " + base.substitution);
    m_substitutions.push_back(base.substitution);
    TRY_ASSIGN(const auto held, m_tools.locks.lock(base.digest, m_stop));
    m_current = {base.digest};
    return Bootstrap(m_layers).ensure(base, m_onLine, m_stop);
}

std::vector<std::filesystem::path> BuildRun::folders(const std::vector<std::string>& digests) const
{
    std::vector<std::filesystem::path> result;
    result.reserve(digests.size());
    for (const auto& digest : digests)
        result.push_back(m_layers.folder(digest));
    return result;
}

Result<> BuildRun::perform(const Operation& operation)
{
    if (m_stop.stop_requested())
        return Error(ErrorCode::Cancelled, "the build was cancelled");
    TRY_ASSIGN(const auto held, m_tools.locks.lock(operation.key, m_stop));
    if (m_layers.has(operation.key)) {
        m_onLine("=> CACHED " + operation.text);
    } else {
        m_onLine("=> " + operation.text);
        TRY_ASSIGN(const auto scratch, m_layers.scratch());
        m_advice = {};
        if (auto done = performUncached(operation, scratch); !done) {
            auto error = std::move(done).error();
            error = m_advice.advise(std::move(error), m_tools.store.home);
            if (error.message().starts_with("Dockerfile line"))
                return error;
            return std::move(error).within("Dockerfile line " + std::to_string(operation.line)
                                           + ": "
                                           + operation.text.substr(0, operation.text.find(' ')));
        }
        TRY(m_layers.commit(scratch, operation.key));
    }
    if (!m_layers.isEmpty(operation.key))
        m_current.push_back(operation.key);
    return {};
}

Result<> BuildRun::performUncached(const Operation& operation, const Scratch& scratch)
{
    if (const auto* step = std::get_if<RunOperation>(&operation.what))
        return runStep(operation, *step, scratch);
    if (const auto* copy = std::get_if<CopyOperation>(&operation.what))
        return copyStep(*copy, scratch);
    const auto& folder = std::get<FolderOperation>(operation.what);
    const LayerView image(folders(m_current));
    TRY_ASSIGN(const auto there, image.find(folder.path));
    if (there && there->isFolder())
        return {};
    return makeFolder(folder.path,
                      {.from = {}, .onto = folders(m_current), .writes = scratch.writes()});
}

Result<> BuildRun::runStep(const Operation& operation, const RunOperation& what,
                           const Scratch& scratch)
{
    Step step;
    step.layers = folders(m_current);
    step.writes = scratch.writes();
    step.mounts = m_network.mounts;
    step.argv = what.argv;
    step.environment = what.environment;
    for (const auto& [name, value] : m_recipe.secretEnvironment)
        step.environment.insert_or_assign(name, value);
    addMissing(step.environment, m_network.environment);
    step.environment.try_emplace("HOME",
                                 what.user.empty() || what.user == "root"
                                     ? "/root"
                                     : "/home/" + what.user.substr(0, what.user.find(':')));
    step.workingDirectory = what.workingDirectory;
    step.user = what.user;
    const auto onLine = [this](std::string_view line) {
        m_advice.read(line);
        m_onLine(line);
    };
    TRY_ASSIGN(const int code, m_tools.runner.run(step, onLine, m_stop));
    if (code != 0)
        return Error(ErrorCode::FailedPrecondition,
                     "Dockerfile line " + std::to_string(operation.line) + ": \"" + operation.text
                         + "\" ended with exit code " + std::to_string(code)
                         + "; its output above says why");
    removeMountPoints(step);
    return {};
}

Result<> BuildRun::copyStep(const CopyOperation& what, const Scratch& scratch)
{
    CopyPlaces places;
    places.onto = folders(m_current);
    places.writes = scratch.writes();
    if (what.stage >= 0) {
        places.keepOwners = true;
        places.from = folders(m_done.at(static_cast<std::size_t>(what.stage)));
    } else {
        TRY_ASSIGN(places.from, contextLayers());
    }
    return copyFiles(what, places);
}

Result<std::vector<std::filesystem::path>> BuildRun::contextLayers()
{
    if (!m_contextFolder) {
        TRY_ASSIGN(auto scratch, m_layers.scratch());
        TRY(m_context.layOut(m_tools.store, scratch.writes()));
        m_contextFolder.emplace(std::move(scratch));
    }
    return std::vector {m_contextFolder->writes()};
}

Result<std::string> BuildRun::pythonVersion(const model::ImageConfig& config)
{
    TRY_ASSIGN(const auto scratch, m_layers.scratch());
    Step step;
    step.layers = folders(m_current);
    if (step.layers.empty())
        return std::string();
    step.writes = scratch.writes();
    step.argv = {"python", "-VV"};
    step.environment = config.environment;
    step.environment.try_emplace("PATH",
                                 "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    std::string version;
    const auto code = m_tools.runner.run(
        step,
        [&](std::string_view line) {
            if (version.empty() && line.starts_with("Python "))
                version = line;
        },
        m_stop);
    if (!code && code.error().code() == ErrorCode::Cancelled)
        return code.error();
    // An image without Python, or without even a loader, is an image all the same.
    return code && *code == 0 ? version : std::string();
}

void removeMountPoints(const Step& step)
{
    const LayerView below(step.layers);
    std::vector<std::string> targets {
        "/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/proc", "/sys",
        "/dev/pts",         "/dev/shm",   "/dev/mqueue",   "/dev"};
    for (const auto& [target, source] : step.mounts)
        targets.push_back(target);
    for (const auto& target : targets) {
        for (std::filesystem::path path(target); path != path.root_path();
             path = path.parent_path()) {
            const auto there = below.find(path.string(), LayerView::LastLink::Keep);
            if (!there || *there)
                break;
            const auto place = step.writes / path.relative_path();
            struct stat status {};
            if (::lstat(place.c_str(), &status) != 0)
                continue;
            const bool emptyFile = S_ISREG(status.st_mode) && status.st_size == 0;
            if (!(emptyFile ? ::unlink(place.c_str()) == 0
                            : S_ISDIR(status.st_mode) && ::rmdir(place.c_str()) == 0))
                break;
        }
    }
}

} // namespace emulator::image
