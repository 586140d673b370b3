// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/local/Certificate.h"

#include "emulator/base/Files.h"
#include "emulator/base/Id.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

namespace emulator::local {
namespace {

constexpr std::string_view boundary = "-----BEGIN CERTIFICATE-----";
constexpr long tenYears = 10L * 365 * 24 * 3600;

template<auto Free>
struct Freed {
    template<typename T>
    void operator()(T* object) const
    {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;

std::string textOf(BIO* memory)
{
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory, &data);
    return {data, static_cast<std::size_t>(size)};
}

bool extend(X509* certificate, int kind, const std::string& value)
{
    const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

Result<Certificate> make(const std::string& name)
{
    const Error failure(ErrorCode::Internal, "OpenSSL could not make a certificate");
    const Key key(EVP_EC_gen("P-256"));
    const X509Certificate certificate(X509_new());
    if (!key || !certificate)
        return failure;
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()),
                            std::stoull(randomHex(7), nullptr, 16));
    // Nodes' clocks may lag behind ours.
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -24L * 3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), tenYears);
    X509_set_pubkey(certificate.get(), key.get());
    auto* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    if (!extend(certificate.get(), NID_subject_alt_name, "DNS:" + name)
        || !extend(certificate.get(), NID_basic_constraints, "critical,CA:TRUE")
        || X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0)
        return failure;

    const Memory certificateText(BIO_new(BIO_s_mem()));
    const Memory keyText(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_X509(certificateText.get(), certificate.get()) != 1
        || PEM_write_bio_PrivateKey(keyText.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr)
            != 1)
        return failure;
    return Certificate {textOf(certificateText.get()), textOf(keyText.get())};
}

} // namespace

Result<Certificate> Certificate::load(const std::filesystem::path& home, const std::string& name)
{
    const auto file = home / "control.pem";
    auto text = readFile(file);
    if (text) {
        const auto at = text->find(boundary);
        if (at == std::string::npos || at == 0)
            return Error(ErrorCode::Invalid,
                         file.string() + " is damaged; remove it and a new one is made");
        return Certificate {text->substr(at), text->substr(0, at)};
    }
    if (text.error().code() != ErrorCode::NotFound)
        return std::move(text).error();
    TRY_ASSIGN(auto made, make(name));
    TRY(writeFileAtomically(file, made.key + made.certificate, 0600));
    return made;
}

} // namespace emulator::local
