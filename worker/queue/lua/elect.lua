-- ARGV: who asks, milliseconds of the lock, seconds of the heartbeat, 1 if memory is short.
-- Shows that a worker lives, and returns 1 for the one worker that sweeps. Follows shared/outbox/lua/outbox.lua.
local LOCK, HEARTBEAT = 'worker:sweeper', 'worker:heartbeat'
redis.call('SET', HEARTBEAT, 1, 'EX', ARGV[3])
-- The histories are the first to give way.
if ARGV[4] == '1' then redis.call('SET', NO_HISTORY, 1, 'EX', ARGV[3]) end
local owner = redis.call('GET', LOCK)
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', LOCK, ARGV[1], 'PX', ARGV[2])
return 1
