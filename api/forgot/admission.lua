-- A function for accept.lua. It tells whether a new job would wait in this lane for longer than `max_wait`, which the
-- sweeper stores.
--
-- A lane is refused by its own length, so that a flood shuts the door for its network and not for others. Nothing here
-- depends on the address.
local function would_wait_too_long(lane)
  local oldest, lanes = redis.call('LINDEX', LANE .. lane, -1), redis.call('LLEN', LANES)
  local waited = oldest and now() - string.sub(oldest, 1, 16) or 0
  if waited < PATIENCE and lanes < FEW_LANES then return false end

  local max_wait, rate, measured_at = unpack(redis.call('HMGET', PACE, 'max_wait', 'rate', 'at'))
  if not max_wait then return false end -- No worker has ever run.
  if waited > tonumber(max_wait) then return true end
  -- The rate of workers that have ended says nothing about those that are started next.
  if now() - measured_at > STALE_PACE then return false end
  local before = math.min((redis.call('LLEN', LANE .. lane) + 1) * math.max(lanes, 1), redis.call('HLEN', JOBS))
  return before / rate * SECOND > tonumber(max_wait)
end
