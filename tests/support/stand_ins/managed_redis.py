"""A managed Redis: a master and a replica behind one name, which change places and leave connections open."""

import time

import redis

from tests.support.servers import RedisServer, wait_until
from tests.support.stand_ins.switch import Switch

LONGEST = 10_000  # Milliseconds that writers wait at most while the two change places.


class ManagedRedis:
    """Two servers and the switch that is their name."""

    def __init__(self, master: RedisServer, replica: RedisServer, name: Switch) -> None:
        self.master, self.replica, self.name = master, replica, name
        self.url = f"redis://127.0.0.1:{name.port}/0"
        with replica.client() as client:
            client.replicaof("127.0.0.1", master.port)
        wait_until(self._in_step, "the replica does not follow")

    def client(self) -> redis.Redis:
        """Connect to the master."""
        return self.master.client()

    def fail_over(self, late: float = 0.0) -> None:
        """Let the servers change places without a loss. Connections reach the new master `late` seconds later."""
        with self.master.client() as old, self.replica.client() as new:
            old.client_pause(LONGEST, all=False)
            wait_until(self._in_step, "the replica does not follow")
            new.replicaof("NO", "ONE")
            old.replicaof("127.0.0.1", self.replica.port)
            old.client_unpause()
        time.sleep(late)
        self.name.target = self.replica.port
        self.master, self.replica = self.replica, self.master

    def _in_step(self) -> bool:
        with self.master.client() as master, self.replica.client() as replica:
            ours, theirs = master.info("replication"), replica.info("replication")
            up = theirs.get("master_link_status") == "up"
            return bool(up and theirs["slave_repl_offset"] >= ours["master_repl_offset"])
