local id, lease_owner, lease = unpack(ARGV) -- Lease in microseconds.
return claim(id, lease_owner, lease)
