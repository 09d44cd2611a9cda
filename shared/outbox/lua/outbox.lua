-- The beginning of every script of the outbox, after the constants from shared/outbox/outbox.py: Redis's clock and
-- shared functions.
local SECOND = 1000000

-- In microseconds, to tell apart what is pushed within a second. The time does not change while a script runs.
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

-- Return the Celery message of a job, with the time of its push at the end, where a sweep reads it.
local function message_of(id, pushed)
  return table.concat(MESSAGE, id) .. pushed .. '}}'
end

-- Store a job once. Returns false if it is stored already or was finished recently. Safe to repeat after a timeout.
local function store(id, entry)
  return redis.call('EXISTS', SETTLED .. id) == 0 and redis.call('HSETNX', JOBS, id, entry) == 1
end

-- Accept a job and queue it. Returns 1 if it is new, else 0.
local function add(id, entry, accepted_at)
  if not store(id, entry) then return 0 end
  local time = digits(now())
  redis.call('ZADD', REQUESTS, accepted_at or time, id)
  redis.call('ZADD', QUEUED, time, id)
  redis.call('LPUSH', QUEUE, message_of(id, time))
  return 1
end

local function forget(id)
  redis.call('HDEL', JOBS, id)
  for _, key in ipairs({QUEUED, LEASED, LATER, REQUESTS, NOTICES}) do redis.call('ZREM', key, id) end
  for _, key in ipairs({LEASE_OWNER, ATTEMPTS, LOST_LEASES, UNCONFIRMED}) do redis.call('HDEL', key, id) end
end
