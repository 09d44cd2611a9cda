-- The beginning of every script of the outbox, after the constants from shared/outbox/outbox.py: Redis's clock and
-- shared functions.
local SECOND = 1000000

-- In microseconds. The time does not change while a script runs.
local clock = redis.call('TIME')
local function now()
  return clock[1] * SECOND + clock[2]
end

-- tostring keeps 14 digits; a time has 16.
local function digits(number)
  return string.format('%.0f', number)
end

-- Add a line to the history of an address.
local function remember(address_hash, id, event, detail)
  if not address_hash or event == '' or redis.call('EXISTS', HISTORY_OFF) == 1 then return end
  local key, max_lines = HISTORY .. address_hash, MAX_LINES
  if event == 'limited' then
    key, max_lines = key .. ':limited', MAX_LIMITED_LINES
  end
  redis.call('RPUSH', key, digits(now()) .. ' ' .. id .. ' ' .. event .. ' ' .. detail)
  redis.call('LTRIM', key, -max_lines, -1) -- Always, so that every address takes the same work.
  redis.call('EXPIRE', key, HISTORY_SECONDS)
end

-- Return the job as a table, or nil if it is finished.
local function job_of(id)
  local entry = redis.call('HGET', JOBS, id)
  return entry and cjson.decode(entry)
end

-- Tell Celery that jobs wait, unless a message already does: whoever takes one takes many jobs. The message gets an id
-- that no other has, and that is nobody's job's.
local function call_worker(id)
  if redis.call('LLEN', QUEUE) > 0 then return end
  redis.call('LPUSH', QUEUE, table.concat(MESSAGE, string.sub(redis.sha1hex(id .. digits(now())), 1, 32)))
end

-- Tell whether a job was finished recently. Asked for ids that are made from others, and so may come again.
local function is_settled(id)
  return redis.call('EXISTS', SETTLED .. id) == 1
end

-- Accept a job and let it wait in a lane. Returns 1 if it is new, else 0. Safe to repeat after a timeout.
local function add(id, entry, lane, accepted_at)
  if redis.call('HSETNX', JOBS, id, entry) == 0 then return 0 end
  local time = digits(now())
  redis.call('ZADD', REQUESTS, accepted_at or time, id)
  if redis.call('LPUSH', LANE .. lane, time .. ' ' .. id) == 1 then redis.call('RPUSH', LANES, lane) end
  call_worker(id)
  return 1
end

local function forget(...)
  redis.call('HDEL', JOBS, ...)
  for _, key in ipairs({LEASED, LATER, REQUESTS, NOTICES}) do redis.call('ZREM', key, ...) end
  for _, key in ipairs({LEASE_OWNER, ATTEMPTS, LOST_LEASES, UNANSWERED, UNEXPECTED}) do redis.call('HDEL', key, ...) end
end
