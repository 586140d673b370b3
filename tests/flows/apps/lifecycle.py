# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

app = modal.App("lifecycle", image=image)


@app.cls()
class Counter:
    @modal.enter()
    def start(self):
        self.count = 100
        print("entered")

    @modal.method()
    def add(self, n: int) -> int:
        self.count += n
        return self.count

    @modal.exit()
    def finish(self):
        print(f"leaving with {self.count}")


@app.cls()
class Greeter:
    name: str = modal.parameter()

    @modal.method()
    def greet(self) -> str:
        return f"hello {self.name}"


@app.local_entrypoint()
def main():
    counter = Counter()
    assert counter.add.remote(5) == 105
    assert counter.add.remote(5) == 110, "one container kept its state"
    assert Greeter(name="ada").greet.remote() == "hello ada"
    assert Greeter(name="alan").greet.remote() == "hello alan"
    print("class done")
