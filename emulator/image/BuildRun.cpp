// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/image/BuildRun.h"

#include "emulator/base/Bytes.h"
#include "emulator/base/Subprocess.h"
#include "emulator/image/Bootstrap.h"
#include "emulator/image/LayerStore.h"

#include <sys/stat.h>

#include <algorithm>

namespace emulator::image {

namespace fs = std::filesystem;

namespace {

constexpr const char* defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string flag(const Instruction& instruction, std::string_view name)
{
    for (const auto& [key, value] : instruction.flags)
        if (key == name)
            return value;
    return {};
}

Error unsupported(const std::string& what)
{
    return {ErrorCode::Unsupported, what};
}

/// KEY=VALUE words, or the old "KEY VALUE" form.
std::vector<std::pair<std::string, std::string>> pairsOf(const std::string& text)
{
    std::vector<std::pair<std::string, std::string>> pairs;
    const auto words = splitWords(text);
    if (!words.empty() && words.front().find('=') == std::string::npos) {
        const auto space = text.find_first_of(" \t");
        return {{text.substr(0, space),
                 space == std::string::npos ? std::string()
                                            : text.substr(text.find_first_not_of(" \t", space))}};
    }
    for (const auto& word : words) {
        const auto equals = word.find('=');
        pairs.emplace_back(word.substr(0, equals),
                           equals == std::string::npos ? std::string() : word.substr(equals + 1));
    }
    return pairs;
}

/// Mount points that a step needed are no part of its layer.
void removeMountPoints(const fs::path& writes, const std::map<std::string, fs::path>& mounts)
{
    std::error_code ignored;
    for (const auto& [target, source] : mounts) {
        auto path = writes / fs::path(target).relative_path();
        if (fs::is_regular_file(path, ignored) && fs::file_size(path, ignored) > 0)
            continue;
        while (path != writes && fs::remove(path, ignored))
            path = path.parent_path();
    }
}

} // namespace

BuildRun::BuildRun(const Store& store, StepRunner& steps, const Builder& builder,
                   const model::ImageRecipe& recipe, const OnLine& onLine, std::stop_token stop)
    : m_store(store)
    , m_steps(steps)
    , m_builder(builder)
    , m_recipe(recipe)
    , m_onLine(onLine)
    , m_stop(std::move(stop))
    , m_network(networkSettings(store))
    , m_context(*TempDir::create())
{
}

Result<model::Image> BuildRun::run()
{
    std::string text;
    for (const auto& command : m_recipe.commands)
        text += command + "\n";
    TRY_ASSIGN(const auto instructions, parseDockerfile(text));
    for (const auto& instruction : instructions) {
        if (m_stop.stop_requested())
            return Error(ErrorCode::Cancelled, "the build was cancelled");
        const auto where = "line " + std::to_string(instruction.line) + ": " + instruction.keyword;
        m_onLine("=> " + instruction.keyword + " " + instruction.arguments);
        if (auto done = carryOut(instruction); !done)
            return std::move(done).error().within(where);
    }
    if (!m_begun)
        return Error(ErrorCode::Invalid, "the recipe has no FROM");
    model::Image image;
    image.layers = m_stage.layers;
    image.config = m_stage.config;
    image.substitutions = m_stage.substitutions;
    TRY(readPython(image));
    return image;
}

Result<> BuildRun::carryOut(const Instruction& instruction)
{
    const auto& keyword = instruction.keyword;
    if (keyword == "FROM")
        return from(instruction);
    if (keyword == "ARG")
        return argument(instruction);
    if (!m_begun)
        return Error(ErrorCode::Invalid, "stands before the first FROM");
    m_stage.key = sha256Hex(m_stage.key + "\n" + keyword + " "
                            + expand(instruction.arguments, variables()) + instruction.heredoc);
    if (keyword == "RUN")
        return runCommand(instruction);
    if (keyword == "COPY" || keyword == "ADD")
        return copy(instruction);
    if (keyword == "ENV")
        return environment(instruction);
    return configure(instruction);
}

Result<> BuildRun::from(const Instruction& instruction)
{
    if (m_begun) {
        m_stages[m_name] = m_stage;
        m_stages[std::to_string(m_number++)] = m_stage;
    }
    const auto words = splitWords(expand(instruction.arguments, m_globalArguments));
    const auto& reference = words[0];
    m_name = words.size() >= 3 ? words[2] : std::string();
    m_stage = {};
    m_begun = true;
    if (const auto base = m_recipe.baseImages.find(reference); base != m_recipe.baseImages.end()) {
        TRY_ASSIGN(const auto image, m_builder.find(base->second));
        m_stage.layers = image.layers;
        m_stage.config = image.config;
        m_stage.substitutions = image.substitutions;
        m_stage.key = "image " + base->second;
        return {};
    }
    if (const auto stage = m_stages.find(reference); stage != m_stages.end()) {
        m_stage = stage->second;
        return {};
    }
    m_stage.key = "from " + reference;
    if (reference == "scratch")
        return {};
    TRY_ASSIGN(const auto plan, planBootstrap(reference));
    TRY_ASSIGN(const auto digest, bootstrap(m_store, plan, m_onLine, m_stop));
    m_stage.layers = {digest};
    m_stage.substitutions = {plan.sentence};
    m_stage.config.environment = {{"PATH", defaultPath}, {"LANG", "C.UTF-8"}};
    if (!plan.python.empty())
        m_stage.config.command = {"python3"};
    return {};
}

Result<> BuildRun::runCommand(const Instruction& instruction)
{
    if (!instruction.flags.empty())
        return unsupported("--" + instruction.flags.front().first + " is not supported yet");
    const auto digest = layerDigest("run " + m_stage.key);
    if (hasLayer(m_store, digest)) {
        m_onLine("   cached");
        addLayer(digest);
        return {};
    }
    TRY_ASSIGN(auto draft, LayerDraft::begin(m_store));
    Step step {.layers = layerFolders(),
               .writes = draft.path(),
               .mounts = m_network.mounts,
               .argv = instruction.list,
               .environment = stepEnvironment(),
               .workingDirectory
               = m_stage.config.workingDirectory.empty() ? "/" : m_stage.config.workingDirectory,
               .user = m_stage.config.user};
    if (!instruction.isList) {
        step.argv = m_stage.config.shell;
        step.argv.push_back(instruction.heredoc.empty() ? instruction.arguments
                                                        : instruction.heredoc);
    }
    TRY_ASSIGN(const int code, m_steps.run(step, m_onLine, m_stop));
    if (code != 0)
        return Error(ErrorCode::FailedPrecondition,
                     instruction.arguments + ": ended with exit code " + std::to_string(code));
    removeMountPoints(draft.path(), m_network.mounts);
    TRY(std::move(draft).commit(m_store, digest));
    addLayer(digest);
    return {};
}

Result<> BuildRun::copy(const Instruction& instruction)
{
    for (const auto& [name, value] : instruction.flags)
        if (name != "from" && name != "chmod" && name != "link" && name != "chown")
            return unsupported("--" + name + " is not supported yet");
    auto words = instruction.isList ? instruction.list
                                    : splitWords(expand(instruction.arguments, variables()));
    if (words.size() < 2)
        return Error(ErrorCode::Invalid, "wants a source and a target");
    const auto target = words.back();
    words.pop_back();
    if (instruction.keyword == "ADD" && words.front().find("://") != std::string::npos)
        return unsupported("ADD from a URL is not supported; fetch it in a RUN");
    const auto source = flag(instruction, "from");
    TRY_ASSIGN(auto entries, source.empty() ? contextEntries() : stageEntries(source));
    if (source.find("astral-sh/uv") != std::string::npos) {
        TRY_ASSIGN(const auto uv, uvProgram());
        entries = {{"uv", uv, 0755, source}};
    }
    TRY_ASSIGN(auto plan,
               planCopy(entries, words, target, m_stage.config.workingDirectory, layerFolders()));
    if (const auto mode = flag(instruction, "chmod"); !mode.empty())
        for (auto& item : plan.items)
            item.entry.mode = static_cast<std::uint32_t>(std::stoul(mode, nullptr, 8));
    m_stage.key = sha256Hex(m_stage.key + plan.identity());
    const auto digest = layerDigest("copy " + m_stage.key);
    TRY(makeLayer(m_store, digest, [&](const fs::path& folder) {
        return image::carryOut(plan, folder, layerFolders());
    }));
    addLayer(digest);
    return {};
}

Result<> BuildRun::environment(const Instruction& instruction)
{
    const auto values = variables(); // one ENV does not see its own assignments
    for (const auto& [key, value] : pairsOf(instruction.arguments))
        m_stage.config.environment[key] = expand(value, values);
    return {};
}

Result<> BuildRun::argument(const Instruction& instruction)
{
    for (const auto& word : splitWords(instruction.arguments)) {
        const auto equals = word.find('=');
        const auto name = word.substr(0, equals);
        auto& arguments = m_begun ? m_stage.arguments : m_globalArguments;
        if (const auto given = m_recipe.buildArguments.find(name);
            given != m_recipe.buildArguments.end())
            arguments[name] = given->second;
        else if (equals != std::string::npos)
            arguments[name]
                = expand(word.substr(equals + 1), m_begun ? variables() : m_globalArguments);
        else if (m_globalArguments.contains(name))
            arguments[name] = m_globalArguments[name];
        if (m_begun)
            m_stage.key = sha256Hex(m_stage.key + "\nARG " + name + "=" + arguments[name]);
    }
    return {};
}

Result<> BuildRun::configure(const Instruction& instruction)
{
    auto& config = m_stage.config;
    const auto command = [&] {
        if (instruction.isList)
            return instruction.list;
        auto words = config.shell;
        words.push_back(instruction.arguments);
        return words;
    };
    const auto& keyword = instruction.keyword;
    if (keyword == "WORKDIR")
        return workingDirectory(expand(instruction.arguments, variables()));
    if (keyword == "ENTRYPOINT")
        config.entrypoint = command();
    else if (keyword == "CMD")
        config.command = command();
    else if (keyword == "USER")
        config.user = expand(instruction.arguments, variables());
    else if (keyword == "LABEL")
        for (const auto& [key, value] : pairsOf(instruction.arguments))
            config.labels[key] = expand(value, variables());
    else if (keyword == "SHELL" && instruction.isList)
        config.shell = instruction.list;
    else if (keyword == "SHELL")
        return Error(ErrorCode::Invalid, "wants the form [\"program\", \"argument\"]");
    else
        m_onLine("   " + keyword + " has no effect here");
    return {};
}

Result<> BuildRun::workingDirectory(const std::string& path)
{
    auto& config = m_stage.config;
    const auto words = splitWords(path); // the client quotes it for a shell
    const fs::path wanted = words.empty() ? fs::path("/") : fs::path(words.front());
    const auto absolute
        = (wanted.is_absolute()
               ? wanted
               : fs::path(config.workingDirectory.empty() ? "/" : config.workingDirectory) / wanted)
              .lexically_normal();
    config.workingDirectory = absolute.string();
    if (isFolderInLayers(layerFolders(), absolute))
        return {};
    const auto digest = layerDigest("workdir " + m_stage.key + absolute.string());
    TRY(makeLayer(m_store, digest, [&](const fs::path& folder) -> Result<> {
        TRY_ASSIGN(const auto resolved, resolveInLayers(layerFolders(), absolute));
        return makeFolders(folder, layerFolders(), resolved);
    }));
    addLayer(digest);
    return {};
}

Result<std::vector<CopyEntry>> BuildRun::contextEntries()
{
    std::vector<CopyEntry> entries;
    for (const auto& file : m_recipe.contextMount)
        entries.push_back({fs::path(file.filename).relative_path().string(),
                           m_store.blobs() / file.sha256, file.mode & 07777U, file.sha256});
    for (const auto& file : m_recipe.contextFiles) {
        const auto identity = sha256Hex(file.data);
        const auto path = m_context.path() / identity;
        TRY(writeFileAtomically(path, file.data));
        entries.push_back({fs::path(file.filename).relative_path().string(), path, 0644, identity});
    }
    std::ranges::sort(entries, {}, &CopyEntry::name);
    return entries;
}

Result<std::vector<CopyEntry>> BuildRun::stageEntries(const std::string& name) const
{
    std::vector<CopyEntry> entries;
    if (name.find("astral-sh/uv") != std::string::npos)
        return entries;
    Stage stage;
    if (const auto found = m_stages.find(name); found != m_stages.end()) {
        stage = found->second;
    } else if (const auto base = m_recipe.baseImages.find(name);
               base != m_recipe.baseImages.end()) {
        TRY_ASSIGN(const auto image, m_builder.find(base->second));
        stage.layers = image.layers;
        stage.key = base->second;
    } else {
        return Error(ErrorCode::Unsupported,
                     "--from=" + name + ": neither a stage of this recipe nor a base of it");
    }
    // Upper layers hide lower ones; a whiteout is not followed here, which only shows when a stage
    // deletes what it later copies out.
    std::map<std::string, CopyEntry> byName;
    std::error_code failed;
    for (const auto& digest : stage.layers) {
        const auto root = layerFolder(m_store, digest);
        for (const auto& file : fs::recursive_directory_iterator(root, failed))
            if (file.is_regular_file(failed)) {
                struct stat found {};
                ::stat(file.path().c_str(), &found);
                const auto relative = file.path().lexically_relative(root).string();
                byName[relative]
                    = {relative, file.path(), found.st_mode & 07777U, stage.key + relative};
            }
    }
    for (auto& [path, entry] : byName)
        entries.push_back(std::move(entry));
    return entries;
}

Result<fs::path> BuildRun::uvProgram()
{
    // The recipe takes uv out of its own image, which cannot be pulled here; the same program comes
    // from the package index.
    const auto folder = m_store.home / "runtime" / "uv";
    const auto program = folder / "bin" / "uv";
    if (!fs::exists(program)) {
        m_onLine(
            "   uv's image cannot be pulled here: the same program comes from the package index");
        TRY_ASSIGN(const auto venv,
                   emulator::run({.argv = {"python3", "-m", "venv", folder.string()}}, m_stop));
        TRY_ASSIGN(
            const auto installed,
            emulator::run({.argv = {(folder / "bin/pip").string(), "install", "--quiet", "uv"}},
                          m_stop, m_onLine));
        if (!venv.status.success() || !installed.status.success())
            return Error(ErrorCode::Unavailable,
                         "uv could not be installed from the package index");
    }
    return program;
}

std::vector<fs::path> BuildRun::layerFolders() const
{
    std::vector<fs::path> folders;
    for (const auto& digest : m_stage.layers)
        folders.push_back(layerFolder(m_store, digest));
    return folders;
}

std::map<std::string, std::string> BuildRun::variables() const
{
    auto all = m_stage.arguments;
    for (const auto& [key, value] : m_stage.config.environment)
        all[key] = value;
    return all;
}

std::map<std::string, std::string> BuildRun::stepEnvironment() const
{
    auto environment = variables();
    environment.try_emplace("PATH", defaultPath);
    environment.try_emplace("HOME", "/root");
    for (const auto& [key, value] : m_network.environment)
        environment.try_emplace(key, value);
    for (const auto& [key, value] : m_recipe.secretEnvironment)
        environment[key] = value;
    return environment;
}

void BuildRun::addLayer(const std::string& digest)
{
    std::error_code ignored;
    if (!fs::is_empty(layerFolder(m_store, digest), ignored))
        m_stage.layers.push_back(digest);
}

Result<> BuildRun::readPython(model::Image& image)
{
    if (image.layers.empty())
        return {};
    TRY_ASSIGN(const auto scratch, LayerDraft::begin(m_store));
    std::string words;
    const auto code = m_steps.run(
        {.layers = layerFolders(),
         .writes = scratch.path(),
         .argv = {"/bin/sh", "-c", "exec python -VV"},
         .environment = stepEnvironment()},
        [&](std::string_view line) {
            if (words.empty())
                words = line;
        },
        m_stop);
    if (!code && code.error().code() == ErrorCode::Cancelled)
        return code.error();
    if (code && *code == 0 && words.starts_with("Python "))
        image.pythonVersion = words;
    return {};
}

} // namespace emulator::image
