# SPDX-License-Identifier: GPL-2.0-or-later
# nft's listing, without the sets into which packets themselves write
/^\tset / { block = $0; inside = 1; dynamic = 0; next }
inside { block = block "\n" $0 }
inside && /flags dynamic/ { dynamic = 1 }
inside && /^\t}/ { inside = 0; if (!dynamic) print block; next }
!inside
