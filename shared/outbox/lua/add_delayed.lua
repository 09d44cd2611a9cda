-- ARGV: id, entry, delay in microseconds.  Accepts a notice that the sweeper will queue, and returns as add does.
local id, time = ARGV[1], now()
if redis.call('EXISTS', SETTLED .. id) == 1 or redis.call('HSETNX', JOBS, id, ARGV[2]) == 0 then return 0 end
redis.call('ZADD', NOTICES, digits(time), id)
redis.call('ZADD', LATER, digits(time + ARGV[3]), id)
return 1
