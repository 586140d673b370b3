// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/BuildPlan.h"

#include "emulator/image/Dockerfile.h"
#include "emulator/image/StagePlanner.h"

#include <algorithm>
#include <charconv>
#include <memory>

namespace emulator::image {
namespace {

/// The platform arguments that BuildKit sets by itself.
Variables platformArguments()
{
#ifdef __aarch64__
    const std::string architecture = "arm64";
#else
    const std::string architecture = "amd64";
#endif
    return {{"TARGETPLATFORM", "linux/" + architecture},
            {"TARGETOS", "linux"},
            {"TARGETARCH", architecture},
            {"TARGETVARIANT", ""},
            {"BUILDPLATFORM", "linux/" + architecture},
            {"BUILDOS", "linux"},
            {"BUILDARCH", architecture},
            {"BUILDVARIANT", ""}};
}

std::string lower(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    return result;
}

/// Plans a whole Dockerfile, stage after stage.
class Planner {
public:
    explicit Planner(const PlanInput& input)
        : m_input(input)
        , m_globals(platformArguments())
    {
    }

    Result<BuildPlan> plan(const std::vector<Instruction>& instructions)
    {
        std::unique_ptr<StagePlanner> current;
        // Anonymous stages are added behind the one that is being planned, so it is built apart.
        Stage stage;
        for (const auto& instruction : instructions) {
            if (instruction.keyword == "FROM") {
                if (current)
                    finish(std::move(stage));
                TRY_ASSIGN(stage, open(instruction));
                current = std::make_unique<StagePlanner>(
                    PlanScope {m_input, m_globals, m_plan,
                               [this](const std::string& name) { return stageOf(name); },
                               m_plan.notes},
                    stage);
            } else if (current) {
                TRY(current->take(instruction));
            } else if (instruction.keyword == "ARG") {
                TRY(globalArgument(instruction));
            } else {
                return planError(instruction, ErrorCode::Invalid, "stands before the first FROM");
            }
        }
        if (!current)
            return Error(ErrorCode::Invalid, "the Dockerfile has no FROM");
        finish(std::move(stage));
        mark(m_plan.stages.size() - 1);
        return std::move(m_plan);
    }

private:
    void finish(Stage stage)
    {
        m_named.push_back(m_plan.stages.size());
        m_plan.stages.push_back(std::move(stage));
    }

    /// FROM [--platform=…] image [AS name]
    Result<Stage> open(const Instruction& instruction)
    {
        for (const auto& [name, raw] : instruction.flags) {
            TRY_ASSIGN(const auto value, expandWord(raw, m_globals));
            if (name != "platform" || value != m_globals.at("BUILDPLATFORM"))
                return planError(instruction, ErrorCode::Unsupported,
                                 "--" + name + "=" + value + ": only this machine's own platform, "
                                     + m_globals.at("BUILDPLATFORM") + ", can be built");
        }
        auto words = splitWords(instruction.text);
        for (auto& word : words) {
            auto value = expandWord(word, m_globals);
            if (!value)
                return planError(instruction, value.error().code(), value.error().message());
            word = *std::move(value);
        }
        const bool named = words.size() == 3 && lower(words[1]) == "as";
        if ((words.size() != 1 && !named) || words[0].empty())
            return planError(instruction, ErrorCode::Invalid,
                             "write FROM image or FROM image AS name");
        auto stage = start(baseOf(words[0]));
        if (!stage)
            return planError(instruction, stage.error().code(), stage.error().message());
        if (named)
            stage = withName(*std::move(stage), lower(words[2]));
        return stage;
    }

    static Stage withName(Stage stage, std::string name)
    {
        stage.name = std::move(name);
        return stage;
    }

    Base baseOf(const std::string& name) const
    {
        if (name == "scratch")
            return {};
        if (const auto found = namedStage(name); found >= 0)
            return {Base::Kind::Stage, name, found};
        const auto& images = m_input.recipe.baseImages;
        if (const auto image = images.find(name); image != images.end())
            return {Base::Kind::Image, image->second, -1};
        return {Base::Kind::Reference, name, -1};
    }

    Result<Stage> start(Base base) const
    {
        Stage stage;
        if (base.kind == Base::Kind::Stage) {
            const auto& parent = m_plan.stages.at(static_cast<std::size_t>(base.stage));
            stage.key = parent.key;
            stage.config = parent.config;
        } else if (base.kind == Base::Kind::Scratch) {
            stage.key = keyOf({"scratch"});
        } else {
            TRY_ASSIGN(const auto facts, m_input.lookup(base));
            stage.key = keyOf({"from", facts.key});
            stage.config = facts.config;
        }
        stage.base = std::move(base);
        return stage;
    }

    int namedStage(const std::string& name) const
    {
        for (auto index = m_plan.stages.size(); index-- > 0;)
            if (!name.empty() && m_plan.stages[index].name == lower(name))
                return static_cast<int>(index);
        return -1;
    }

    /// COPY --from: a stage's name, its number, or an image.
    Result<int> stageOf(const std::string& name)
    {
        if (const auto found = namedStage(name); found >= 0)
            return found;
        std::size_t number = 0;
        const auto* end = name.data() + name.size();
        if (const auto [parsed, error] = std::from_chars(name.data(), end, number);
            error == std::errc() && parsed == end) {
            if (number >= m_named.size())
                return Error(ErrorCode::Invalid, "there is no earlier stage number " + name);
            return static_cast<int>(m_named[number]);
        }
        TRY_ASSIGN(auto stage, start(baseOf(name)));
        stage.name = lower(name);
        m_plan.stages.push_back(std::move(stage));
        return static_cast<int>(m_plan.stages.size()) - 1;
    }

    Result<> globalArgument(const Instruction& instruction)
    {
        for (const auto& word : splitWords(instruction.text)) {
            const auto equals = word.find('=');
            const auto name = word.substr(0, equals);
            const auto& given = m_input.recipe.buildArguments;
            if (const auto found = given.find(name); found != given.end())
                m_globals.insert_or_assign(name, found->second);
            else if (equals != std::string::npos) {
                auto value = expandWord(std::string_view(word).substr(equals + 1), m_globals);
                if (!value)
                    return planError(instruction, value.error().code(), value.error().message());
                m_globals.insert_or_assign(name, *std::move(value));
            }
        }
        return {};
    }

    void mark(std::size_t index)
    {
        auto& stage = m_plan.stages[index];
        if (stage.needed)
            return;
        stage.needed = true;
        if (stage.base.kind == Base::Kind::Stage)
            mark(static_cast<std::size_t>(stage.base.stage));
        for (const auto& operation : stage.operations)
            if (const auto* copy = std::get_if<CopyOperation>(&operation.what);
                copy != nullptr && copy->stage >= 0)
                mark(static_cast<std::size_t>(copy->stage));
    }

    const PlanInput& m_input;
    Variables m_globals;
    BuildPlan m_plan;
    std::vector<std::size_t> m_named; ///< number in the Dockerfile → place in the plan
};

} // namespace

Result<BuildPlan> planBuild(const PlanInput& input)
{
    std::string text;
    for (const auto& command : input.recipe.commands)
        text += command + '\n';
    TRY_ASSIGN(const auto instructions, parseDockerfile(text));
    return Planner(input).plan(instructions);
}

} // namespace emulator::image
