local id, network, site, own, address, address_hash, entry, no_op_entry, lane = unpack(ARGV)
-- Counts a request for a link against its limits and accepts it, in one step. network, site, own: the client's names,
-- from coarse to fine; site may be ''. address: its name in limits. no_op_entry: the entry to accept instead if the
-- address is over its quota; '' for nothing. lane: that of the client's network. Runs after outbox.lua,
-- limits.lua, admission.lua and the constants of api/forgot/accept.py, which explains them.
--
-- Returns 1 if the request is within its address's quota, else 0. If the client is told that a limit is used up, each
-- key and its count with this request follow. Returns nothing if the outbox is full, and {-1} if the job would have to
-- wait too long.
--
-- Nothing here knows whether an account exists. If the address's limit is silent, a request over it runs the same
-- commands and is accepted as a no-op job.
if redis.call('HLEN', JOBS) >= MAX_JOBS then return false end
if would_wait_too_long(lane) then return {-1} end

-- Before anything is written: a client over a limit leaves nothing in Redis, and spends no other limit.
local client = look_up(CLIENT_LIMITS, {network, site, own})
if client.used_up then return {0, unpack(told(client))} end
spend(client)

-- Spend the quota of the address, with the same commands if it is used up.
local function spend_quota(quota)
  for i, key in ipairs(quota.keys) do
    redis.call('INCRBY', key, quota.used_up and 0 or 1)
    redis.call('EXPIRE', key, quota.limits[i][3], 'NX')
  end
end

-- Remember that a network asked for the address, and tell whether it is the first time within the life of a link. With
-- MAX_NETWORKS, none is new any more: otherwise many networks together could flood a mailbox. A full set gets a member
-- that no network has, so that the commands are the same.
local function is_first_from_network()
  local key = NETWORKS .. address
  local has_room = redis.call('SCARD', key) < MAX_NETWORKS
  local tag = tonumber(lane, 16) % 2 ^ 31 -- Redis keeps integers of 32 bits in the least memory.
  local added = redis.call('SADD', key, has_room and tag or -1)
  redis.call('EXPIRE', key, LINK_SECONDS, 'NX')
  return has_room and added == 1
end

local quota = look_up(ADDRESS_LIMITS, {address})
spend_quota(quota)
local within = is_first_from_network() or not quota.used_up
local accepted = within and entry or no_op_entry
if accepted ~= '' then add(id, accepted, lane) end
remember(address_hash, id, within and 'accepted' or 'limited', '')
if not within and TELL_ADDRESS then return {0, unpack(told(quota))} end
return {within and 1 or 0}
