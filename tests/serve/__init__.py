"""``idp serve`` as it runs: a parent, its workers, the job beside them, raw sockets."""
