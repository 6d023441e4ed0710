# How every room is built: same warnings, same include root, sources found by name.

add_library(sallyport_flags INTERFACE)
target_include_directories(sallyport_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(sallyport_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wundef
  -Wno-missing-field-initializers)  # designated initializers leave the rest to its defaults
if(SALLYPORT_WERROR)
  target_compile_options(sallyport_flags INTERFACE -Werror)
endif()
if(SALLYPORT_SANITIZE)
  target_compile_options(sallyport_flags INTERFACE -fsanitize=${SALLYPORT_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(sallyport_flags INTERFACE -fsanitize=${SALLYPORT_SANITIZE})
endif()

# sallyport_read_once(TARGET HEADER...) — headers of libraries that most sources of the target include are read once for
# all of them (precompiled). Each source names them all the same: lint compiles without.
function(sallyport_read_once target)
  target_precompile_headers(${target} PRIVATE <algorithm> <array> <cstdint> <expected> <functional> <map> <memory> <optional> <set>
    <span> <string> <string_view> <unordered_map> <utility> <vector> ${ARGN})
endfunction()

# sallyport_room(NAME DIR...) — a static library of all .cpp files in these folders (of the calling one), mains aside.
function(sallyport_room name)
  set(sources)
  foreach(dir ${ARGN})
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${dir}/*.cpp)
    list(FILTER found EXCLUDE REGEX "_main\\.cpp$")
    list(APPEND sources ${found})
  endforeach()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC sallyport_flags)
  sallyport_read_once(${name})
endfunction()
