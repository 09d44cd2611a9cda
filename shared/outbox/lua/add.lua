local id, entry, max_jobs, accepted_at = unpack(ARGV)
-- Returns 1 if the job is new, 0 if it is already known, -1 if the outbox is full.
if redis.call('HLEN', JOBS) >= tonumber(max_jobs) then return -1 end
if is_settled(id) then return 0 end
return add(id, entry, '', accepted_at)
