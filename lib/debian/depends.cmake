# SPDX-License-Identifier: LGPL-2.1-or-later
# Run by cpack before it makes the packages: what the library depends on. CPack would find that out
# itself, but whenever it does so for a library it adds scripts that call ldconfig, which the
# trigger does already.
set(directory ${CPACK_PACKAGE_DIRECTORY}/shlibdeps)
file(MAKE_DIRECTORY ${directory}/debian)
file(TOUCH ${directory}/debian/control)
execute_process(COMMAND dpkg-shlibdeps -O ${CPACK_MAPFILES_LIBRARY}
	WORKING_DIRECTORY ${directory} OUTPUT_VARIABLE depends
	OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "shlibs:Depends=" "" CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "${depends}")
