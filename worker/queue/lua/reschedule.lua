-- ARGV: id, holder, delay in microseconds, 1 if the relay may have taken the mail, reason, what to count.
-- Only for the present holder; returns 1, or 0 if the lease is lost.
local id = ARGV[1]
if redis.call('HGET', HOLDER, id) ~= ARGV[2] then return 0 end
redis.call('ZREM', LEASED, id)
redis.call('HDEL', HOLDER, id)
redis.call('ZADD', LATER, digits(now() + ARGV[3]), id)
count(ARGV[6], 1)
-- One line is enough: an outage of an hour makes a hundred tries.
if redis.call('HINCRBY', ARGV[4] == '1' and UNSURE or TRIES, id, 1) == 1 then
  local job = job_of(id)
  remember(job and job.address_hash, id, ARGV[4] == '1' and 'unanswered' or 'delayed', ARGV[5])
end
return 1
