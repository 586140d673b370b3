# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

app = modal.App("secret", image=image)


@app.function(secrets=[modal.Secret.from_dict({"API_KEY": "swordfish", "BOTH": "1"}),
                       modal.Secret.from_dict({"BOTH": "2"})])
def reveal() -> tuple:
    import os

    return os.environ["API_KEY"], os.environ["BOTH"], os.environ.get("MODAL_TOKEN_SECRET")


@app.function()
def without():
    import os

    return os.environ.get("API_KEY")


@app.local_entrypoint()
def main():
    assert reveal.remote() == ("swordfish", "2", None)
    assert without.remote() is None
    print("secrets kept")
