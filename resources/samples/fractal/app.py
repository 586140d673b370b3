"""Fractals on a GPU that may be emulated.

Three ways to compute in one small project:

* `fractal` compiles a CUDA C++ kernel while it runs (NVRTC from PyPI) and returns a PNG;
* `luminance` is a CPU function, mapped over the rows of a palette;
* `Palette` is a class: it builds its colours once per container, when the container starts.

Try:  slip run app.py                     all of it; writes fractal.png
      slip run app.py::fractal --width 320 --height 200
"""

import pathlib

import modal

app = modal.App("fractal")
here = pathlib.Path(__file__).parent

cpu_image = modal.Image.debian_slim(python_version="3.11")
gpu_image = cpu_image.pip_install(
    "cuda-core==1.2.2", "cuda-bindings==13.*", "nvidia-cuda-nvrtc==13.0.*", "numpy"
).add_local_file(here / "kernels" / "mandelbrot.cu", "/root/kernels/mandelbrot.cu")


def png(width: int, height: int, rgb: bytes) -> bytes:
    """The bytes of a PNG file (ISO/IEC 15948), eight bits a channel."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    stride = width * 3
    rows = b"".join(b"\0" + rgb[y * stride : (y + 1) * stride] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows, 6))
        + chunk(b"IEND", b"")
    )


@app.function(image=cpu_image)
def luminance(rgb: tuple[int, int, int]) -> float:
    """How bright a colour looks: relative luminance of ITU-R BT.709."""
    r, g, b = (c / 255 for c in rgb)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@app.cls(image=cpu_image)
class Palette:
    """Colours for escape times, from deep blue over gold to white."""

    @modal.enter()
    def mix(self):
        stops = [(0.0, (3, 5, 30)), (0.16, (20, 60, 150)), (0.42, (230, 245, 255)),
                 (0.64, (255, 170, 0)), (0.86, (70, 10, 30)), (1.0, (3, 5, 30))]
        self.colours = []
        for i in range(256):
            t = i / 255
            for (t0, c0), (t1, c1) in zip(stops, stops[1:]):
                if t <= t1:
                    u = (t - t0) / (t1 - t0)
                    self.colours.append(tuple(round(a + (b - a) * u) for a, b in zip(c0, c1)))
                    break
        print(f"mixed {len(self.colours)} colours")

    @modal.method()
    def all(self) -> list[tuple[int, int, int]]:
        return self.colours

    @modal.exit()
    def wash_up(self):
        print("palette put away")


@app.function(image=gpu_image, gpu="H100", timeout=600)
def fractal(width: int = 640, height: int = 400, iterations: int = 256) -> bytes:
    """A part of the Mandelbrot set as a PNG; computed by kernels/mandelbrot.cu."""
    import numpy as np
    from cuda.core import Device, LaunchConfig, Program, ProgramOptions, launch

    device = Device()
    device.set_current()
    stream = device.create_stream()
    print(f"computing {width}x{height} on {device.name}")

    with open("/root/kernels/mandelbrot.cu") as source:
        program = Program(source.read(), "c++", ProgramOptions(std="c++17", arch="compute_80"))
    kernel = program.compile("ptx").get_kernel("mandelbrot")

    colours = np.array(Palette().all.remote(), dtype=np.uint8)
    palette = device.allocate(colours.nbytes, stream=stream)
    picture = device.allocate(width * height * 3, stream=stream)
    copy_in(palette, colours, stream)

    block = (16, 16)
    grid = (-(-width // block[0]), -(-height // block[1]))
    launch(stream, LaunchConfig(grid=grid, block=block), kernel, picture, palette,
           np.int32(width), np.int32(height), np.int32(iterations))
    rgb = np.empty(width * height * 3, dtype=np.uint8)
    copy_out(rgb, picture, stream)
    stream.sync()
    return png(width, height, rgb.tobytes())


def copy_in(buffer, array, stream):
    from cuda.bindings import driver

    check(driver.cuMemcpyHtoDAsync(int(buffer.handle), array.ctypes.data, array.nbytes, stream.handle))


def copy_out(array, buffer, stream):
    from cuda.bindings import driver

    check(driver.cuMemcpyDtoHAsync(array.ctypes.data, int(buffer.handle), array.nbytes, stream.handle))


def check(result):
    if result[0].value != 0:
        raise RuntimeError(f"CUDA error: {result[0].name}")


@app.local_entrypoint()
def main(output: str = "fractal.png", width: int = 640, height: int = 400):
    picture = fractal.remote(width, height)
    with open(output, "wb") as file:
        file.write(picture)
    colours = Palette().all.remote()
    brightness = list(luminance.map(colours[::32]))
    print("brightness along the palette: " + " ".join(f"{b:.2f}" for b in brightness))
    print(f"wrote {output}: {len(picture)} bytes")
