-- ARGV: id, entry, delay in microseconds.  Accepts a job that the sweeper will queue, and returns as add does.
local id = ARGV[1]
if redis.call('EXISTS', SETTLED .. id) == 1 or redis.call('HSETNX', JOBS, id, ARGV[2]) == 0 then return 0 end
redis.call('ZADD', LATER, digits(now() + ARGV[3]), id)
return 1
