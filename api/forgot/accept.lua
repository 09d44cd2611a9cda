local id, address_hash, entry, no_op_entry = unpack(ARGV, 1, 4)
local FIRST_KEY = 5 -- From here on: the keys of all counts, those of the client, then those of the address.
-- Counts a request for a link against its limits and accepts it, in one step. no_op_entry: accepted instead over the
-- address's quota; '' for nothing. Follows shared/outbox/lua/outbox.lua and the constants of api/forgot/views.py:
-- MAX_JOBS, and CLIENT_LIMITS and ADDRESS_LIMITS, which hold the amount and the seconds of each.
--
-- Returns 1 if the request is within its address's quota, else 0, and the count of each key with this request, 0 for
-- those not looked at; or nothing if the outbox is full.
--
-- Nothing here knows whether an account exists. Where the limit of an address is silent, the same commands run for a
-- request over it, which is accepted as a no-op job.
if redis.call('HLEN', JOBS) >= MAX_JOBS then return false end

local counts = {}

-- Spend one of each limit, or of none where one of them is used up; tell which it was.
local function spend(limits, first)
  local keys, cost = {unpack(ARGV, first, first + #limits - 1)}, 1
  for i, spent in ipairs(redis.call('MGET', unpack(keys))) do
    local count = (tonumber(spent) or 0) + 1
    counts[#counts + 1] = count
    if count > limits[i][1] then cost = 0 end
  end
  for i, limit in ipairs(limits) do
    redis.call('INCRBY', keys[i], cost)
    redis.call('EXPIRE', keys[i], limit[2], 'NX')
  end
  return cost == 1
end

if not spend(CLIENT_LIMITS, FIRST_KEY) then
  for _ in ipairs(ADDRESS_LIMITS) do counts[#counts + 1] = 0 end
  return {0, unpack(counts)}
end

local within = spend(ADDRESS_LIMITS, FIRST_KEY + #CLIENT_LIMITS)
local accepted = within and entry or no_op_entry
if accepted ~= '' then add(id, accepted) end
remember(address_hash, id, within and 'accepted' or 'limited', '')
return {within and 1 or 0, unpack(counts)}
