local id, lease_owner, delay, failure, reason, metric = unpack(ARGV)
-- delay: microseconds. failure: 'attempts', 'unanswered' or 'unexpected'. Returns 1, or 0 if the lease is lost.
if redis.call('HGET', LEASE_OWNER, id) ~= lease_owner then return 0 end
end_lease(id)
redis.call('ZADD', LATER, digits(now() + delay), id)
count(metric, 1)
local failures = {attempts = ATTEMPTS, unanswered = UNANSWERED, unexpected = UNEXPECTED}
-- A few lines are enough, because an outage of an hour makes a hundred attempts; but the reason may change meanwhile.
local failed = redis.call('HINCRBY', failures[failure], id, 1)
if failed == 1 or failed % 20 == 0 then
  local job = job_of(id)
  remember(job and job.address_hash, id, failure == 'unanswered' and 'unanswered' or 'delayed', reason)
end
return 1
