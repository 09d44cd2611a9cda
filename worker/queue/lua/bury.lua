local id, lease_owner, reason = unpack(ARGV)
-- Returns 1, or 0 if the lease is lost.
if redis.call('HGET', LEASE_OWNER, id) ~= lease_owner then return 0 end
return bury(id, reason)
