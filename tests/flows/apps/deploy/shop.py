"""An app to deploy: each version of the test changes one line of it."""

import modal

app = modal.App("shop")


@app.function()
def price(x):
    print("pricing", x)
    return x * 2


@app.function(timeout=30, scaledown_window=2)
def wait(seconds):
    import time

    time.sleep(seconds)
    return "waited"


@app.cls()
class Model:
    @modal.enter()
    def load(self):
        self.factor = 3

    @modal.method()
    def infer(self, x):
        return x * self.factor
