-- ARGV: id, event.  Makes a waiting job due at once: the next sweep queues it.
redis.call('ZADD', LATER, 'XX', 0, ARGV[1])
local job = job_of(ARGV[1])
if job then remember(job.address_hash, ARGV[1], ARGV[2], '') end
return 1
