local worker, heartbeat_timeout, sweeper_timeout, history_off, takes_jobs, failing = unpack(ARGV)
-- Records a heartbeat, and returns 1 for the one worker that sweeps. Timeouts in seconds; history_off: '0' for no.
-- takes_jobs: '0' if it lives and takes none; failing: JSON of its probes that fail.
if takes_jobs ~= '0' then redis.call('SET', HEARTBEAT, 1, 'EX', heartbeat_timeout) end
if history_off ~= '0' then redis.call('SET', HISTORY_OFF, 1, 'EX', history_off) end

local seconds = tonumber(clock[1])
redis.call('HSET', WORKERS, worker, string.format('{"at": %d, "failing": %s}', seconds, failing))
redis.call('EXPIRE', WORKERS, heartbeat_timeout)
local states = redis.call('HGETALL', WORKERS)
for index = 1, #states, 2 do
  local at = tonumber(string.match(states[index + 1], '^{"at": (%d+)')) or 0
  if at < seconds - heartbeat_timeout then redis.call('HDEL', WORKERS, states[index]) end
end

local sweeper = redis.call('GET', SWEEPER)
if sweeper and sweeper ~= worker then return 0 end
redis.call('SET', SWEEPER, worker, 'EX', sweeper_timeout)
return 1
