local id, event = unpack(ARGV)
-- Makes a delayed job due at once: the next sweep queues it.
redis.call('ZADD', LATER, 'XX', 0, id)
local job = job_of(id)
if job then remember(job.address_hash, id, event, '') end
