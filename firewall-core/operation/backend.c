/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BACKEND → its functions. */
#include "operation/backend.h"

const struct backend_calls *backend_of(const struct settings *settings)
{
	static const struct backend_calls *const backends[BACKEND_COUNT] = {
		[BACKEND_NFT] = &backend_nft,
		[BACKEND_IPTABLES_RESTORE] = &backend_iptables,
		[BACKEND_IPTABLES] = &backend_iptables,
	};

	return backends[settings->backend];
}
