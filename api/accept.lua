-- Count a request for a link against its limits and accept it, in one step. Follows shared/lua/outbox.lua.
--
-- ARGV: most jobs that may wait, id, head and tail of the message, the job, the job if it is over its address's quota
-- ('' where that is not to be accepted), the address's hash, number of client limits, then key, amount and seconds of each
-- limit.
-- Returns the count of each limit with this request, 0 for those not looked at, or nothing if the outbox is full.
--
-- The same commands run whatever the address's state: known or not never matters here, and a request over the quota is
-- accepted like any other, as a job that asks for nothing.
if redis.call('HLEN', JOBS) >= tonumber(ARGV[1]) then return false end

local counts, client_limits, limits = {}, tonumber(ARGV[8]), (#ARGV - 8) / 3

-- Spend one of each limit from first to last, or of none where one of them is used up; tell which it was.
local function spend(first, last)
  local cost = 1
  for i = first, last do
    counts[i] = (tonumber(redis.call('GET', ARGV[6 + 3 * i])) or 0) + 1
    if counts[i] > tonumber(ARGV[7 + 3 * i]) then cost = 0 end
  end
  for i = first, last do
    redis.call('INCRBY', ARGV[6 + 3 * i], cost)
    redis.call('EXPIRE', ARGV[6 + 3 * i], ARGV[8 + 3 * i], 'NX')
  end
  return cost == 1
end

for i = 1, limits do counts[i] = 0 end
if not spend(1, client_limits) then return counts end

local within = spend(client_limits + 1, limits)
local entry = within and ARGV[5] or ARGV[6]
if entry ~= '' then add(ARGV[2], entry, ARGV[3], ARGV[4]) end
remember(ARGV[7], ARGV[2], within and 'accepted' or 'limited', '')
return counts
