local worker, heartbeat_timeout, sweeper_timeout, history_off = unpack(ARGV) -- Seconds; history_off: '0' for no.
-- Records a heartbeat, and returns 1 for the one worker that sweeps.
redis.call('SET', HEARTBEAT, 1, 'EX', heartbeat_timeout)
if history_off ~= '0' then redis.call('SET', HISTORY_OFF, 1, 'EX', history_off) end
local sweeper = redis.call('GET', SWEEPER)
if sweeper and sweeper ~= worker then return 0 end
redis.call('SET', SWEEPER, worker, 'EX', sweeper_timeout)
return 1
