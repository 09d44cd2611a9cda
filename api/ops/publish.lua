local process, waiting, batch, waiting_timeout, batch_timeout = unpack(ARGV, 1, 5) -- Timeouts in seconds.
local FIRST_COUNT = 6 -- From here on: pairs of what to count, and how much.
-- Adds what an API process counted to the totals of all, and notes how many passwords wait there to be hashed.
--
-- A process sends a batch until it hears that it arrived, and numbers it anew only then: one that is known is passed
-- over. A Redis that is full takes it, too: it matters most there, and takes no room to speak of.

-- One member for each number that a process told lately; its newest counts.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZADD', HASHING, string.format('%.0f', now), process .. ':' .. waiting)
redis.call('ZREMRANGEBYSCORE', HASHING, '-inf', string.format('%.0f', now - waiting_timeout * 1000000))

local known = BATCH .. process
if #ARGV < FIRST_COUNT or redis.call('GET', known) == batch then return end
redis.call('SET', known, batch, 'EX', batch_timeout)
for i = FIRST_COUNT, #ARGV, 2 do redis.call('HINCRBY', METRICS, ARGV[i], ARGV[i + 1]) end
