"""From the parameters of a request to a validated `Query` (§2).

1. `query` validates a request, in the order of §2.2, with the modules below and those of other folders.
2. `parameters` reads names and values (§2); `dates` the range (§3.3); `ordering` the order (§7.2, §7.5);
   `paging` the page (§7.6).
"""
