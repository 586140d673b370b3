# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

import pathlib

here = pathlib.Path(__file__).parent
built = (
    image.pip_install("six==1.16.0")
    .apt_install("tree")
    .env({"COLOUR": "teal"})
    .run_commands("echo built > /built.txt", "mkdir -p /srv/data")
    .workdir("/srv/data")
    .add_local_file(here / "words.txt", "/srv/data/words.txt", copy=True)
    .add_local_dir(here / "folder", "/srv/folder")
    .add_local_python_source("helper")
)
docker = image.dockerfile_commands(
    "ARG GREETING=hello",
    "ENV SAID=$GREETING",
    'LABEL kind="test"',
    'SHELL ["/bin/bash", "-c"]',
    "RUN [[ -n $SAID ]] && echo $SAID > /said.txt",
    "WORKDIR /opt/work",
    "COPY words.txt copied.txt",
    context_dir=here,
)
app = modal.App("images")


@app.function(image=built)
def look():
    import os
    import shutil

    import six

    import helper

    return {
        "six": six.__version__,
        "colour": os.environ["COLOUR"],
        "built": open("/built.txt").read().strip(),
        "cwd": os.getcwd(),
        "words": open("words.txt").read().strip(),
        "deep": open("/srv/folder/sub/deep.txt").read().strip(),
        "helper": helper.answer(),
        "tree": shutil.which("tree") is not None,
    }


@app.function(image=docker)
def look_docker():
    import os

    return open("/said.txt").read().strip(), os.getcwd(), open("copied.txt").read().strip()


@app.local_entrypoint()
def main():
    seen = look.remote()
    assert seen == {
        "six": "1.16.0",
        "colour": "teal",
        "built": "built",
        "cwd": "/srv/data",
        "words": "words of the host",
        "deep": "deep",
        "helper": 42,
        "tree": True,
    }, seen
    assert look_docker.remote() == ("hello", "/opt/work", "words of the host")
    print("images are right")
