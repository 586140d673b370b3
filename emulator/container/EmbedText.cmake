# Writes a C++ source that holds a text: cmake -DINPUT=… -DOUTPUT=… -DNAME=… -P EmbedText.cmake
file(READ ${INPUT} text)
file(WRITE ${OUTPUT}
    "extern const char* const ${NAME};\nconst char* const ${NAME} = R\"_text_(${text})_text_\";\n")
