// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMap>
#include <QString>
#include <QStringList>
#include <QVector>

namespace app::models {

/// A parameter of a function, as written.
struct OutlineParameter {
    QString name;
    QString annotation; ///< empty without
    QString defaultValue; ///< empty without
    bool variadic = false;
};

/// A text of the source, and where it stands.
struct SourceText {
    QString text;
    int line = 0; ///< 1-based
    bool operator==(const SourceText&) const = default;
};

/// One method of an image's chain: .pip_install("torch").
struct ImageStep {
    QString method;
    int line = 0; ///< 1-based, of the method's name
    QStringList words; ///< the texts among its arguments
    bool literal = true; ///< all its arguments are texts
};

/// Something of an app that the source declares.
struct OutlineEntry {
    enum class Kind {
        App,
        Function,
        Class,
        Method,
        Lifecycle, ///< @modal.enter, @modal.exit
        EntryPoint,
        Image,
        Volume,
        Secret,
        Kernel, ///< a __global__ function of a .cu file
    };

    Kind kind = Kind::Function;
    QString name;
    QString detail; ///< "H100", "CPU", "@enter", the name of a volume
    QString gpu; ///< of functions and classes, empty without
    int line = 0; ///< 1-based, of the definition
    int decoratorLine = 0; ///< 1-based, of the first decorator; 0 without
    int gpuLine = 0; ///< where gpu= is written
    QVector<SourceText> gpuChoices; ///< the cards that gpu= names in texts; empty for other forms
    QString image; ///< the variable that image= names, empty without
    QVector<OutlineParameter> parameters;
    QVector<OutlineEntry> children; ///< of apps and classes
};

/// What one file declares, found by reading it; nothing is executed.
struct Outline {
    QVector<OutlineEntry> entries; ///< an App holds its functions; the rest is beside it
    QVector<ImageStep> imageSteps; ///< of all chains, in the order of the file

    [[nodiscard]] bool isEmpty() const { return entries.isEmpty() && imageSteps.isEmpty(); }

    /// Whatever `modal run FILE::NAME` can start, in the order of the file.
    [[nodiscard]] QVector<OutlineEntry> runnable() const;
};

/// "train(batch, lr=3e-4)".
[[nodiscard]] QString signature(const OutlineEntry& entry);

/// Reads a Python file that uses the stock SDK. Tolerates syntax errors: what cannot be read is
/// left out.
[[nodiscard]] Outline outlineOfPython(const QString& source);

/// Reads a CUDA C++ file: its kernels.
[[nodiscard]] Outline outlineOfKernels(const QString& source);

} // namespace app::models
