local id, lease_owner, lease = unpack(ARGV) -- The lease in microseconds.
return claim(id, lease_owner, lease)
