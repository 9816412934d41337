// SPDX-License-Identifier: LGPL-2.1-or-later
module mapfiles

go 1.19
