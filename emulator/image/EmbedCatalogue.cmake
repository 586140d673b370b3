# Writes the catalogue of base images as a C++ source: cmake -DINPUT=… -DOUTPUT=… -P EmbedCatalogue.cmake
file(READ ${INPUT} text)
file(WRITE ${OUTPUT}
    "namespace emulator::image {\n"
    "extern const char* const baseImagesText;\n"
    "const char* const baseImagesText = R\"_text_(${text})_text_\";\n"
    "}\n")
