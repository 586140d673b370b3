// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::model {

/// A file that the client sends along with a recipe (requirements.txt and the like).
struct ContextFile {
    std::string filename; ///< as COPY names it
    std::string data;
};

/// A file of a mount: a name in the container and the content's address in the blob store.
struct MountFile {
    std::string filename; ///< absolute in a container; relative to the context in a build
    std::string sha256; ///< hexadecimal
    std::uint64_t size = 0;
    std::uint32_t mode = 0644;
};

/// One Image.<method>() of the user's chain, as the client sends it: Dockerfile commands on top of
/// base images that were made before.
struct ImageRecipe {
    std::vector<std::string> commands; ///< Dockerfile lines
    std::map<std::string, std::string> baseImages; ///< FROM tag → image id
    std::vector<ContextFile> contextFiles;
    std::vector<MountFile> contextMount; ///< the sources of COPY
    std::map<std::string, std::string> buildArguments; ///< ARG
    std::map<std::string, std::string> secretEnvironment; ///< seen by RUN, never stored
    std::string builderVersion; ///< "2025.06"
};

/// What an image tells a container to do (OCI image-spec, config.md).
struct ImageConfig {
    std::map<std::string, std::string> environment;
    std::vector<std::string> entrypoint;
    std::vector<std::string> command;
    std::vector<std::string> shell {"/bin/sh", "-c"};
    std::string workingDirectory;
    std::string user;
    std::map<std::string, std::string> labels;
};

/// A finished image: its layers, lowest first, and its config.
struct Image {
    std::string id; ///< im-…
    std::vector<std::string> layers; ///< digests; LayerStore has the directories
    std::string manifest; ///< "sha256:…" of its OCI manifest once exported; empty before
    ImageConfig config;
    std::string pythonVersion; ///< what `python -VV` says; empty without Python
    std::vector<std::string> substitutions; ///< sentences: "python:3.11-slim-bookworm is …"
};

/// "3.11" of what `python -VV` printed; empty when it is no Python.
[[nodiscard]] std::string pythonSeries(std::string_view version);

} // namespace emulator::model
