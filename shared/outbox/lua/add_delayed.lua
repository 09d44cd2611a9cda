local id, entry, delay = unpack(ARGV) -- Delay in microseconds.
-- Accepts a change notice that the sweeper will queue. Returns 1 if it is new, else 0.
if is_settled(id) or redis.call('HSETNX', JOBS, id, entry) == 0 then return 0 end
redis.call('ZADD', NOTICES, digits(now()), id)
redis.call('ZADD', LATER, digits(now() + delay), id)
return 1
