-- Count a request for a link against its limits and accept it, in one step. Follows shared/lua/outbox.lua and the
-- constants of api/forgot.py and api/limits.py: MOST_JOBS, and CLIENT_LIMITS and ADDRESS_LIMITS, each with what stands before and after the
-- client or address in the key of its count, the amount and the seconds.
--
-- ARGV: id, the job, the job if it is over its address's quota ('' where that is not to be accepted), client, the address's
-- hash.
-- Returns the count of each limit with this request, 0 for those not looked at, or nothing if the outbox is full.
--
-- Nothing here knows whether an account exists. Where the limit of an address is silent, the same commands run for a request
-- over it, which is accepted as a job that asks for nothing.
local id, client, address = ARGV[1], ARGV[4], ARGV[5]
if redis.call('HLEN', JOBS) >= MOST_JOBS then return false end

local counts = {}

-- Spend one of each limit, or of none where one of them is used up; tell which it was.
local function spend(limits, spender)
  local keys, cost = {}, 1
  for i, limit in ipairs(limits) do keys[i] = limit[1] .. spender .. limit[2] end
  for i, spent in ipairs(redis.call('MGET', unpack(keys))) do
    local count = (tonumber(spent) or 0) + 1
    counts[#counts + 1] = count
    if count > limits[i][3] then cost = 0 end
  end
  for i, limit in ipairs(limits) do
    redis.call('INCRBY', keys[i], cost)
    redis.call('EXPIRE', keys[i], limit[4], 'NX')
  end
  return cost == 1
end

if not spend(CLIENT_LIMITS, client) then
  for _ in ipairs(ADDRESS_LIMITS) do counts[#counts + 1] = 0 end
  return counts
end

local within = spend(ADDRESS_LIMITS, address)
local entry = within and ARGV[2] or ARGV[3]
if entry ~= '' then add(id, entry) end
remember(address, id, within and 'accepted' or 'limited', '')
return counts
