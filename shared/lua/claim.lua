-- ARGV: id, holder, lease in microseconds.  Returns {entry, tries, times unsure}, or nothing if
-- it is gone, leased or not yet due.
local id, holder = ARGV[1], ARGV[2]
if redis.call('ZREM', QUEUED, id) == 0 and redis.call('HGET', HOLDER, id) ~= holder then return false end
local entry = redis.call('HGET', JOBS, id)
if not entry then
  forget(id)
  return false
end
redis.call('ZADD', LEASED, digits(now() + ARGV[3]), id)
redis.call('HSET', HOLDER, id, holder)
local tries, unsure = redis.call('HGET', TRIES, id) or 0, redis.call('HGET', UNSURE, id) or 0
return {entry, tonumber(tries), tonumber(unsure)}
