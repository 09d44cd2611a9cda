local process, waiting, batch, waiting_timeout, batch_timeout = unpack(ARGV, 1, 5) -- Timeouts in seconds.
local FIRST_COUNT = 6 -- From here on: pairs of counter and amount.
-- Adds the counts of an API process to the totals, and records how many passwords wait in it to be hashed.
--
-- A process repeats a batch under the same number until Redis answers, so a known number is skipped. A full Redis runs
-- this script too: metrics matter most then, and need hardly any memory.

-- One member for each number that a process sent lately; its newest one counts.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZADD', HASHING, string.format('%.0f', now), process .. ':' .. waiting)
redis.call('ZREMRANGEBYSCORE', HASHING, '-inf', string.format('%.0f', now - waiting_timeout * 1000000))

local known = BATCH .. process
if #ARGV < FIRST_COUNT or redis.call('GET', known) == batch then return end
redis.call('SET', known, batch, 'EX', batch_timeout)
for i = FIRST_COUNT, #ARGV, 2 do redis.call('HINCRBY', METRICS, ARGV[i], ARGV[i + 1]) end
