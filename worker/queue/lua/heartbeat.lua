local worker, history_off = unpack(ARGV) -- Seconds, or '0' unless memory is short.
local HEARTBEAT_TIMEOUT, SWEEPER_TIMEOUT = 10, 3 -- Seconds that a worker counts as alive, and that one is the sweeper.
-- Shows that a worker lives, and returns 1 for the one worker that sweeps.
redis.call('SET', HEARTBEAT, 1, 'EX', HEARTBEAT_TIMEOUT)
if history_off ~= '0' then redis.call('SET', HISTORY_OFF, 1, 'EX', history_off) end
local sweeper = redis.call('GET', SWEEPER)
if sweeper and sweeper ~= worker then return 0 end
redis.call('SET', SWEEPER, worker, 'EX', SWEEPER_TIMEOUT)
return 1
