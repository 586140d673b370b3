// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Sha256.h"

#include "emulator/base/Bytes.h"

#include <openssl/evp.h>

#include <array>

namespace remote::registry {

void Sha256::Free::operator()(evp_md_ctx_st* context) const
{
    EVP_MD_CTX_free(context);
}

Sha256::Sha256()
    : m_context(EVP_MD_CTX_new())
{
    EVP_DigestInit_ex(m_context.get(), EVP_sha256(), nullptr);
}

void Sha256::update(std::string_view bytes)
{
    EVP_DigestUpdate(m_context.get(), bytes.data(), bytes.size());
}

std::string Sha256::digest()
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> out {};
    unsigned size = 0;
    EVP_DigestFinal_ex(m_context.get(), out.data(), &size);
    return "sha256:" + emulator::toHex({reinterpret_cast<const char*>(out.data()), size});
}

} // namespace remote::registry
