// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/Syntax.h"

#include "app/widgets/Theme.h"

#include <QFileInfo>
#include <Qsci/qscilexerbash.h>
#include <Qsci/qscilexercpp.h>
#include <Qsci/qscilexerjson.h>
#include <Qsci/qscilexermakefile.h>
#include <Qsci/qscilexermarkdown.h>
#include <Qsci/qscilexerpython.h>
#include <Qsci/qscilexeryaml.h>

namespace app::widgets {

namespace {

/// C++ with what CUDA adds: qualifiers as keywords, built-in variables and functions as a
/// second set.
class CudaLexer final : public QsciLexerCPP {
public:
    using QsciLexerCPP::QsciLexerCPP;

    [[nodiscard]] const char* keywords(int set) const override
    {
        if (set == 2)
            return "__global__ __device__ __host__ __shared__ __constant__ __managed__ "
                   "__restrict__ __launch_bounds__ __forceinline__ __noinline__ "
                   "threadIdx blockIdx blockDim gridDim warpSize dim3 float2 float3 float4 int2 "
                   "int3 "
                   "int4 uint2 uint3 uint4 uchar3 uchar4 double2 half half2 cudaError_t "
                   "cudaStream_t "
                   "cudaEvent_t size_t uint8_t uint16_t uint32_t uint64_t int8_t int16_t int32_t "
                   "int64_t __syncthreads __syncwarp __shfl_sync __shfl_down_sync __shfl_xor_sync "
                   "__ballot_sync __any_sync __all_sync atomicAdd atomicCAS atomicMax atomicMin "
                   "__ldg __expf __fdividef rsqrtf";
        return QsciLexerCPP::keywords(set);
    }
};

/// Python with the soft keywords and built-in names as a second set.
class PythonLexer final : public QsciLexerPython {
public:
    using QsciLexerPython::QsciLexerPython;

    [[nodiscard]] const char* keywords(int set) const override
    {
        if (set == 1)
            return "and as assert async await break class continue def del elif else except "
                   "finally "
                   "for from global if import in is lambda nonlocal not or pass raise return try "
                   "while with yield match case None True False";
        if (set == 2)
            return "self cls print len range int float str bytes bool list dict set tuple "
                   "enumerate "
                   "zip map filter sum min max abs round sorted reversed open isinstance type "
                   "super "
                   "property staticmethod classmethod Exception ValueError RuntimeError";
        return nullptr;
    }
};

} // namespace

QsciLexer* lexerFor(const QString& fileName, QObject* parent)
{
    const auto name = QFileInfo(fileName).fileName();
    const auto suffix = QFileInfo(fileName).suffix().toLower();
    if (suffix == QLatin1String("py") || suffix == QLatin1String("pyi")) {
        auto* lexer = new PythonLexer(parent);
        lexer->setFoldComments(true);
        lexer->setHighlightSubidentifiers(false);
        return lexer;
    }
    static const QStringList native {
        QStringLiteral("cu"),  QStringLiteral("cuh"), QStringLiteral("c"),  QStringLiteral("h"),
        QStringLiteral("cpp"), QStringLiteral("hpp"), QStringLiteral("cc"), QStringLiteral("ptx")};
    if (native.contains(suffix))
        return new CudaLexer(parent);
    if (suffix == QLatin1String("md"))
        return new QsciLexerMarkdown(parent);
    if (suffix == QLatin1String("json"))
        return new QsciLexerJSON(parent);
    if (suffix == QLatin1String("yml") || suffix == QLatin1String("yaml"))
        return new QsciLexerYAML(parent);
    if (suffix == QLatin1String("sh"))
        return new QsciLexerBash(parent);
    if (name == QLatin1String("Makefile"))
        return new QsciLexerMakefile(parent);
    return nullptr;
}

void colourLexer(QsciLexer* lexer, const Colours& colours, const QFont& font)
{
    lexer->setDefaultFont(font);
    lexer->setFont(font);
    lexer->setDefaultPaper(colours.base);
    lexer->setPaper(colours.base);
    lexer->setDefaultColor(colours.text);
    lexer->setColor(colours.text);
    const auto paint = [&](const QColor& colour, std::initializer_list<int> styles) {
        for (const int style : styles)
            lexer->setColor(colour, style);
    };
    if (dynamic_cast<PythonLexer*>(lexer) != nullptr) {
        using L = QsciLexerPython;
        paint(colours.keyword, {L::Keyword});
        paint(colours.string,
              {L::DoubleQuotedString, L::SingleQuotedString, L::TripleSingleQuotedString,
               L::TripleDoubleQuotedString, L::DoubleQuotedFString, L::SingleQuotedFString,
               L::TripleSingleQuotedFString, L::TripleDoubleQuotedFString, L::UnclosedString});
        paint(colours.number, {L::Number});
        paint(colours.comment, {L::Comment, L::CommentBlock});
        paint(colours.decorator, {L::Decorator});
        paint(colours.type, {L::ClassName, L::FunctionMethodName, L::HighlightedIdentifier});
    } else if (dynamic_cast<CudaLexer*>(lexer) != nullptr) {
        using L = QsciLexerCPP;
        paint(colours.keyword, {L::Keyword});
        paint(colours.type, {L::KeywordSet2});
        paint(colours.string,
              {L::DoubleQuotedString, L::SingleQuotedString, L::UnclosedString, L::RawString});
        paint(colours.number, {L::Number, L::UserLiteral});
        paint(
            colours.comment,
            {L::Comment, L::CommentLine, L::CommentDoc, L::CommentLineDoc, L::PreProcessorComment});
        paint(colours.decorator, {L::PreProcessor});
    } else if (dynamic_cast<QsciLexerMarkdown*>(lexer) != nullptr) {
        using L = QsciLexerMarkdown;
        paint(colours.keyword, {L::Header1, L::Header2, L::Header3, L::Header4});
        paint(colours.string, {L::CodeBackticks, L::CodeDoubleBackticks, L::CodeBlock});
        paint(colours.type, {L::Link});
    } else if (dynamic_cast<QsciLexerJSON*>(lexer) != nullptr) {
        using L = QsciLexerJSON;
        paint(colours.type, {L::Property});
        paint(colours.string, {L::String});
        paint(colours.number, {L::Number});
        paint(colours.keyword, {L::Keyword});
    } else if (dynamic_cast<QsciLexerYAML*>(lexer) != nullptr) {
        using L = QsciLexerYAML;
        paint(colours.type, {L::Identifier});
        paint(colours.comment, {L::Comment});
        paint(colours.number, {L::Number});
        paint(colours.keyword, {L::Keyword});
    } else if (dynamic_cast<QsciLexerMakefile*>(lexer) != nullptr) {
        using L = QsciLexerMakefile;
        paint(colours.type, {L::Target, L::Variable});
        paint(colours.comment, {L::Comment});
        paint(colours.keyword, {L::Preprocessor});
    } else if (dynamic_cast<QsciLexerBash*>(lexer) != nullptr) {
        using L = QsciLexerBash;
        paint(colours.keyword, {L::Keyword});
        paint(colours.comment, {L::Comment});
        paint(colours.string, {L::DoubleQuotedString, L::SingleQuotedString});
        paint(colours.number, {L::Number});
    }
}

} // namespace app::widgets
