# SPDX-License-Identifier: LGPL-2.1-or-later
# The tests again, on a kernel that is made to lack a feature: see support/lack.h.

# mapfiles_lacking(FEATURE NAME...): each test NAME that there is, as NAME-without-FEATURE.
function(mapfiles_lacking feature)
	foreach(name IN LISTS ARGN)
		# valgrind makes system calls of its own, which would be refused too.
		if(NOT TARGET test-${name} OR MAPFILES_TEST_LAUNCHER MATCHES valgrind)
			continue()
		endif()
		mapfiles_register(${name}-without-${feature} 600 ${MAPFILES_TEST_LAUNCHER}
			$<TARGET_FILE:test-${name}>)
		set_tests_properties(${name}-without-${feature} PROPERTIES
			ENVIRONMENT MF_TEST_LACK=${feature} LABELS slow)
	endforeach()
endfunction()

mapfiles_lacking(query parity live find lifetime rewind run-names open remap remap-fs modules trust threads objects table read)
mapfiles_lacking(openat2 parity live find open core)
mapfiles_lacking(pagemap_scan remap remap-fs)
mapfiles_lacking(cached open)
mapfiles_lacking(memfd parity)
mapfiles_lacking(pidfd_send_signal live)
