#!lua flags=allow-oom
-- Add what an API process counted to the totals of all, and note how many passwords wait there to be hashed.
--
-- ARGV: process, passwords that wait, number of the batch, then field and amount of each count in it.
--
-- A process sends a batch until it hears that it arrived, and numbers it anew only then: one that is known is passed
-- over. The flag lets a batch into a Redis that is full, where it matters most and takes no room to speak of.
local process, waiting, batch = ARGV[1], ARGV[2], ARGV[3]

-- One member for each number that a process told in the last five seconds; its newest counts.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZADD', 'metrics:hashing', string.format('%.0f', now), process .. ':' .. waiting)
redis.call('ZREMRANGEBYSCORE', 'metrics:hashing', '-inf', string.format('%.0f', now - 5000000))

local known = 'metrics:batch:' .. process
if #ARGV == 3 or redis.call('GET', known) == batch then return end
redis.call('SET', known, batch, 'EX', 3600)
for i = 4, #ARGV, 2 do redis.call('HINCRBY', 'metrics', ARGV[i], ARGV[i + 1]) end
