local worker, lock, heartbeat, history_off = unpack(ARGV) -- Milliseconds of the lock, seconds of the others.
-- Shows that a worker lives, and returns 1 for the one worker that sweeps. history_off: '0' unless memory is short.
redis.call('SET', HEARTBEAT, 1, 'EX', heartbeat)
if history_off ~= '0' then redis.call('SET', HISTORY_OFF, 1, 'EX', history_off) end
local elected = redis.call('GET', SWEEPER)
if elected and elected ~= worker then return 0 end
redis.call('SET', SWEEPER, worker, 'PX', lock)
return 1
