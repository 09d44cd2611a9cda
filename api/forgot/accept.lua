local id, client, address_hash, entry, no_op_entry, lane = unpack(ARGV)
-- Counts a request for a link against its limits and accepts it, in one step. no_op_entry: the entry to accept instead
-- if the address is over its quota; '' for nothing. Runs after shared/outbox/lua/outbox.lua and the constants of
-- api/forgot/views.py: MAX_JOBS; CLIENT_LIMITS and ADDRESS_LIMITS, each limit with its amount, its seconds, and its key
-- before and after what is limited; and TELL_ADDRESS, whether to tell the client that the address is over its quota.
--
-- Returns 1 if the request is within its address's quota, else 0. If the client is told that a limit is used up, each
-- key and its count with this request follow. Returns nothing if the outbox is full, and -1 if the job would have to
-- wait too long.
--
-- Nothing here knows whether an account exists. If the address's limit is silent, a request over it runs the same
-- commands and is accepted as a no-op job.
if redis.call('HLEN', JOBS) >= MAX_JOBS then return false end
if would_wait_too_long(lane) then return {-1} end

local counts = {}

-- Spend one of each limit, or nothing if one of them is used up; return whether it was spent.
local function spend(limits, limited)
  local keys, cost = {}, 1
  for i, limit in ipairs(limits) do keys[i] = LIMITS .. limit[3] .. limited .. limit[4] end
  for i, spent in ipairs(redis.call('MGET', unpack(keys))) do
    local count = (tonumber(spent) or 0) + 1
    counts[#counts + 1] = limits[i][3] .. limited .. limits[i][4]
    counts[#counts + 1] = count
    if count > limits[i][1] then cost = 0 end
  end
  for i, limit in ipairs(limits) do
    redis.call('INCRBY', keys[i], cost)
    redis.call('EXPIRE', keys[i], limit[2], 'NX')
  end
  return cost == 1
end

if not spend(CLIENT_LIMITS, client) then return {0, unpack(counts)} end

local within = spend(ADDRESS_LIMITS, address_hash)
local accepted = within and entry or no_op_entry
if accepted ~= '' then add(id, accepted, lane) end
remember(address_hash, id, within and 'accepted' or 'limited', '')
if not within and TELL_ADDRESS then return {0, unpack(counts)} end
return {within and 1 or 0}
