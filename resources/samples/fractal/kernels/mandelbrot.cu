// A part of the Mandelbrot set, one thread a pixel, coloured by smooth escape time.
//
// The same file serves two builds: the app compiles it while it runs (NVRTC), and where a CUDA
// toolkit is present `make` builds the small program at its end (nvcc).

extern "C" __global__ void mandelbrot(unsigned char* rgb, const unsigned char* palette, int width,
                                      int height, int iterations)
{
    const int x = blockIdx.x * blockDim.x + threadIdx.x;
    const int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height)
        return;

    const float scale = 2.6f / height;
    const float cx = (x - 0.72f * width) * scale;
    const float cy = (y - 0.5f * height) * scale;

    float zx = 0, zy = 0, zx2 = 0, zy2 = 0;
    int n = 0;
    while (n < iterations && zx2 + zy2 < 256.0f) {
        zy = 2 * zx * zy + cy;
        zx = zx2 - zy2 + cx;
        zx2 = zx * zx;
        zy2 = zy * zy;
        ++n;
    }

    const int at = 3 * (y * width + x);
    if (n == iterations) {
        rgb[at] = rgb[at + 1] = rgb[at + 2] = 0;
        return;
    }
    const float smooth = n + 1 - log2f(0.5f * log2f(zx2 + zy2));
    const int colour = static_cast<int>(sqrtf(smooth / iterations) * 900.0f) & 255;
    rgb[at] = palette[3 * colour];
    rgb[at + 1] = palette[3 * colour + 1];
    rgb[at + 2] = palette[3 * colour + 2];
}

#ifdef STANDALONE
#include <cstdio>
#include <vector>

int main()
{
    constexpr int width = 320, height = 200, bytes = 3 * width * height;
    std::vector<unsigned char> grey(768);
    for (int i = 0; i < 768; ++i)
        grey[i] = static_cast<unsigned char>(i / 3);

    unsigned char *rgb = nullptr, *palette = nullptr;
    cudaMalloc(&rgb, bytes);
    cudaMalloc(&palette, grey.size());
    cudaMemcpy(palette, grey.data(), grey.size(), cudaMemcpyHostToDevice);
    mandelbrot<<<dim3((width + 15) / 16, (height + 15) / 16), dim3(16, 16)>>>(rgb, palette, width,
                                                                              height, 256);
    std::vector<unsigned char> picture(bytes);
    cudaMemcpy(picture.data(), rgb, bytes, cudaMemcpyDeviceToHost);
    if (const cudaError_t error = cudaGetLastError(); error != cudaSuccess) {
        std::fprintf(stderr, "%s\n", cudaGetErrorString(error));
        return 1;
    }
    std::FILE* file = std::fopen("mandelbrot.ppm", "wb");
    std::fprintf(file, "P6 %d %d 255\n", width, height);
    std::fwrite(picture.data(), 1, picture.size(), file);
    std::fclose(file);
    std::puts("wrote mandelbrot.ppm");
}
#endif
